import {
  BearerInjector,
  bearerFetch,
  closeAt,
  createAccessToken,
  DpopNonces,
  DpopProver,
  DpopVerifier,
  generateKey,
  Guard,
  KeyRing,
  LearnedClocks,
  MemoryGenerations,
  MemoryOneTimeGuard,
  MultiIssuerVerifier,
  RemoteKeys,
  TokenIssuer,
  TokenManager,
  TokenPool,
  type TokenSource,
  TokenVerifier,
} from '@mayfly/core'
import { compileScopeCheck, UpgradeGuard } from '@mayfly/core/adapter'
import { VonageWebhookVerifier } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'

const origins = ['https://api.example.com']
const source: TokenSource = {
  id: 'fixed',
  origins,
  getToken: async () =>
    createAccessToken({ value: 'a', issuedAt: 1, expiresAt: 4_000_000_000, origins }),
}
const key = await generateKey('ES256')
const base = { issuer: 'a', audience: 'b', keys: [{ algorithm: 'ES256', key }] } as const

/** Everything that is built with options, as a program without types may build it. */
const makers: Readonly<Record<string, (options: never) => unknown>> = {
  bearerFetch: (options) => bearerFetch(source, options),
  BearerInjector: (options) => new BearerInjector(source, options),
  'BearerInjector, many sources': (options) => new BearerInjector(() => source, options),
  TokenManager: (options) => new TokenManager(source, options),
  TokenIssuer: (options) => new TokenIssuer(Object.assign({ issuer: 'a' }, options)),
  TokenVerifier: (options) => new TokenVerifier(Object.assign({ ...base }, options)),
  RemoteKeys: (options) =>
    new RemoteKeys(Object.assign({ jwksUri: 'https://a.example/keys' }, options)),
  MultiIssuerVerifier: (options) =>
    new MultiIssuerVerifier(Object.assign({ issuers: [base] }, options)),
  KeyRing: (options) => new KeyRing([], options),
  UpgradeGuard: (options) => new UpgradeGuard(new TokenVerifier(base), options),
  VonageWebhookVerifier: (options) =>
    new VonageWebhookVerifier(Object.assign({ secrets: { a: 'b' } }, options)),
  closeAt: (options) => closeAt(4_000_000_000, { close: () => {} }, options),
  Guard: (options) => new Guard(new TokenVerifier(base), options),
  DpopVerifier: (options) =>
    new DpopVerifier(Object.assign({ baseUrl: 'https://api.example.com' }, options)),
  DpopNonces: (options) => new DpopNonces(options),
  DpopProver: (options) => new DpopProver(options),
  LearnedClocks: ({ clock }: { clock: never }) => new LearnedClocks(clock),
  MemoryGenerations: (options) => new MemoryGenerations(options),
  MemoryOneTimeGuard: (options) => new MemoryOneTimeGuard(options),
}

const NO_CLOCKS = [null, 5, {}, { now: 5 }, () => 5]
const NO_FUNCTIONS = [null, 5, {}, 'log']

/** Who takes which option, and what it cannot be. */
const wrong: readonly (readonly [option: string, values: readonly unknown[], makers: string[]])[] =
  [
    ['clock', NO_CLOCKS, Object.keys(makers).filter((name) => name !== 'Guard')],
    [
      'observe',
      NO_FUNCTIONS,
      Object.keys(makers).filter((name) => !/^(KeyRing|Dpop|Learned|Memory|closeAt)/.test(name)),
    ],
    [
      'clocks',
      [5, {}, new Map()],
      ['bearerFetch', 'BearerInjector', 'BearerInjector, many sources'],
    ],
    [
      'origins',
      ['https://api.example.com', ['http://api.example.com']],
      ['bearerFetch', 'BearerInjector', 'BearerInjector, many sources'],
    ],
    ['random', NO_FUNCTIONS, ['TokenManager']],
    ['shareInFlight', [null, 0, 'no'], ['TokenManager']],
    ['stripQuery', ['access_token', [5], ['']], ['BearerInjector']],
    ['keepHeaders', ['cookie', [5], ['Authorization']], ['BearerInjector']],
  ]

describe('an option that cannot be what it is', () => {
  for (const [option, values, names] of wrong) {
    it.each(names)(`is refused when a thing is built: "${option}" of %s`, (name) => {
      for (const value of values) {
        expect(() => makers[name]?.({ [option]: value } as never)).toThrow(
          expect.objectContaining({ name: 'OptionError', option }),
        )
      }
    })
  }

  it('is refused where there are no options at all, but something else', () => {
    for (const name of ['bearerFetch', 'BearerInjector', 'TokenManager', 'KeyRing', 'Guard']) {
      expect(() => makers[name]?.(null as never)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_REQUIRED' }),
      )
    }
    expect(() => new TokenPool(source as never, { max: 1 })).toThrow(
      expect.objectContaining({ option: 'create' }),
    )
    expect(() => compileScopeCheck('orders:read' as never)).toThrow(
      expect.objectContaining({ option: 'scopes' }),
    )
  })
})

it('takes anything for a clock that tells the time, Date included', () => {
  expect(() => new TokenManager(source, { clock: Date })).not.toThrow()
})
