import type { CoreRules } from './core.ts'
import type { PackageRules } from './packages.ts'

/**
 * The core from the ground up. Each inner list is a layer, and each entry a unit of it:
 *
 * - `'keys'`: the file `keys.ts` and the folder `keys/`, which may import each other;
 * - `'vendors.ts'`: that file alone;
 * - `'vendors/*'`: everything in that folder, each `vendors/NAME.ts` with its `vendors/NAME/` a unit.
 *
 * A unit imports from lower layers only, types included. `edges` are the imports between units of one
 * layer that are meant all the same; one that no import uses, though both its sides exist, is a fault.
 */
export const core: CoreRules = {
  layers: [
    ['error-codes', 'errors', 'clock', 'observe'],
    ['encoding'],
    ['algorithms', 'token', 'keys'],
    ['jws', 'claims', 'origin', 'cache', 'state', 'skew', 'http'],
    [
      'manager-options',
      'shared-token',
      'minter',
      'manager',
      'pool',
      'signed-source',
      'apple-source',
      'exchanged-source',
      'key-ring',
      'issuer',
      'remote-keys',
      'key-set',
      'dpop',
      'verifier',
      'multi-issuer',
    ],
    [
      'bearer-session',
      'bearer-fetch',
      'inject',
      'endpoints',
      'guard',
      'upgrade',
      'close-at',
      'diagnose',
      'diagnostics-channel',
      'vendors/*',
    ],
    ['index.ts', 'vendors.ts', 'options.ts', 'node.ts'],
  ],
  edges: [
    { from: 'errors', to: 'error-codes', why: 'the codes are data that the classes are typed by' },
    { from: 'keys', to: 'algorithms', why: 'a key is bound to one row of the algorithm table' },
    { from: 'minter', to: 'manager-options', why: 'it tells the events of the manager' },
    { from: 'manager', to: 'manager-options', why: 'its options have a file of their own' },
    { from: 'minter', to: 'shared-token', why: 'the store comes between memory and the source' },
    { from: 'shared-token', to: 'manager-options', why: 'it tells the events of the manager' },
    { from: 'manager', to: 'shared-token', why: 'a manager is told its store' },
    { from: 'manager', to: 'minter', why: 'a manager decides when, its minter how' },
    { from: 'pool', to: 'manager', why: 'a pool keeps one manager per tenant' },
    { from: 'pool', to: 'manager-options', why: 'it hands its options on to each manager' },
    { from: 'apple-source', to: 'signed-source', why: 'Apple’s tokens are signed here' },
    { from: 'issuer', to: 'key-ring', why: 'an issuer signs with the newest key of a ring' },
    { from: 'key-set', to: 'remote-keys', why: 'the keys of a verifier may be those at a jwksUri' },
    { from: 'verifier', to: 'key-set', why: 'a verifier has one form for the forms of its keys' },
    { from: 'verifier', to: 'remote-keys', why: 'it tells the events of keys over HTTP' },
    { from: 'multi-issuer', to: 'verifier', why: 'there is one verifier for each issuer' },
    { from: 'multi-issuer', to: 'key-set', why: 'the keys of each issuer have the same forms' },
    { from: 'bearer-session', to: 'diagnose', why: 'a session explains each refusal' },
    { from: 'bearer-fetch', to: 'bearer-session', why: 'fetch and injectBearer share a session' },
    { from: 'inject', to: 'bearer-session', why: 'fetch and injectBearer share a session' },
    { from: 'endpoints', to: 'guard', why: 'an endpoint refuses a request as the guard does' },
    { from: 'vendors/vonage-webhook', to: 'guard', why: 'a webhook comes with a bearer token' },
    { from: 'upgrade', to: 'guard', why: 'an upgrade is judged as any request is' },
  ],
  /** What these load, however far down, runs without Node. */
  webEntries: ['index.ts', 'vendors.ts', 'options.ts'],
}

/** What each package's `src` may import of the others. Tests may use any package. */
export const packages: PackageRules = {
  directions: {
    core: [],
    express: ['core'],
    koa: ['core'],
    redis: ['core'],
    testing: ['core'],
    service: ['core', 'express'],
    cli: ['core', 'service'],
  },
  coreDependencies: ['jose', 'lru-cache', 'tldts'],
}
