import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adapterConformance, ATTACK_TOPICS } from '@mayfly/conformance'
import { createNodeAdapter } from './node-adapter.ts'
import { nodeDriver } from './node-driver.ts'

/**
 * Where each attack that the project names has its tests: the beginning of a title in a test file of
 * the core, or the reason why there is none; and cases of the conformance suite, which the adapters
 * for Express, Koa and node:http all run.
 */
interface Row {
  readonly attack: string
  /** `topic`: it is in the table that runs through verifyCompact and a verifier. */
  readonly core:
    | 'topic'
    | 'the core builds no URL of the Host header'
    | readonly (readonly [file: string, title: string])[]
  readonly http: readonly string[] | 'no token and no request has a part in it'
}

const CONFIGURATION = 'attacks/configuration.test.ts'
const NO_HOST = 'the core builds no URL of the Host header'
const NO_REQUEST = 'no token and no request has a part in it'

function topics(...names: readonly (typeof ATTACK_TOPICS)[number][]): readonly Row[] {
  return names.map((attack) => ({ attack, core: 'topic', http: [`attack: ${attack}`] }))
}

const ROWS: readonly Row[] = [
  ...topics(...ATTACK_TOPICS),
  {
    attack: 'resolver returning undefined, empty or null',
    core: [[CONFIGURATION, 'attack: a resolver that returns undefined']],
    http: ['attack: a resolver that returns undefined'],
  },
  {
    attack: 'PEM with leading space, BOM, comment, NUL',
    core: [
      [CONFIGURATION, 'attack: the public key given for a secret'],
      ['keys/secret.test.ts', 'a PEM with a leading space'],
      ['keys/import-pem.test.ts', 'a byte order mark'],
    ],
    http: ['attack: HMAC with the PEM'],
  },
  {
    attack: 'empty or short HMAC secret',
    core: [[CONFIGURATION, 'attack: an empty or short HMAC secret']],
    http: NO_REQUEST,
  },
  {
    attack: 'a P-384 or 1024-bit key as the verifier’s own',
    core: [[CONFIGURATION, 'attack: a key that its algorithm cannot trust']],
    http: NO_REQUEST,
  },
  {
    attack: 'token with exp but no iat used from the cache after exp',
    core: [[CONFIGURATION, 'attack: a token with exp but no iat']],
    http: ['attack: a token with exp but no iat'],
  },
  {
    attack: 'clockTolerance NaN or Infinity',
    core: [[CONFIGURATION, 'attack: a clockTolerance of NaN or Infinity']],
    http: NO_REQUEST,
  },
  {
    attack: 'bogus kids, 50 at once',
    core: [['inbound/remote-keys/attacks.test.ts', 'cost one fetch when 50 come at once']],
    http: ['attack: 50 bogus key ids at once'],
  },
  {
    attack: 'delimiter characters in a kid across two issuers',
    core: [['inbound/multi-issuer/refusals.test.ts', 'a key id with delimiters in it']],
    http: ['attack: delimiter characters in a key id'],
  },
  {
    attack: 'one issuer’s key for another’s token',
    core: [['inbound/multi-issuer/refusals.test.ts', 'a token that one issuer’s key signed']],
    http: ["attack: one issuer's key for another's token"],
  },
  {
    attack: '204, HTML, huge, truncated, redirecting, hanging answers',
    core: [
      ['inbound/remote-keys/bad-answers.test.ts', 'at the start is an outage'],
      ['inbound/remote-keys/bad-answers.test.ts', 'is not followed, whatever is at its end'],
    ],
    http: ['204', 'HTML', 'huge', 'truncated', 'redirecting']
      .map((what) => `attack: a key server whose answer is ${what}`)
      .concat('attack: a key server whose answer never comes'),
  },
  {
    attack: 'down at start and up later',
    core: [['inbound/remote-keys/outages.test.ts', 'is over once the keys are there']],
    http: ['bearerAuth answers 503 and when to come back'],
  },
  {
    attack: 'wrong scheme, lower and upper case, double space, tab',
    core: [
      ['attacks/http-attacks.ts', 'another scheme'],
      ['attacks/http-attacks.ts', 'two spaces'],
      ['attacks/http-attacks.ts', 'a tab'],
    ],
    http: [
      'bearerAuth takes credentials of another scheme for none',
      'bearerAuth takes the scheme in any case',
      'bearerAuth refuses a Bearer header that is not one space and one token',
    ],
  },
  {
    attack: 'duplicate headers',
    core: [['attacks/http-attacks.ts', 'the header twice']],
    http: ['bearerAuth refuses two Authorization headers'],
  },
  {
    attack: 'optional auth with a foreign issuer’s token',
    core: [['server/guard/requests.test.ts', 'A guard whose token is optional']],
    http: ['optional bearerAuth lets no invalid token pass'],
  },
  {
    attack: 'Host with / ? # @ \\',
    core: NO_HOST,
    http: ['bearerAuth believes nothing that the Host header says'],
  },
  {
    attack: 'two tenants in parallel',
    core: [['server/guard/requests.test.ts', 'keeps two tenants apart that ask at the same time']],
    http: ['bearerAuth keeps two tenants apart'],
  },
  {
    attack: 'everything in ORIGIN.md',
    core: [
      ['origin/origin-cases.test.ts', 'has its lines, each with a number of its own'],
      ['origin/attacks.test.ts', 'attack: a host that only looks like'],
      ['origin/attacks.test.ts', 'attack: a pattern that admits strangers'],
    ],
    http: [
      'an origin-bound token works from the origins that it names',
      'a refused origin is named to the caller',
      'two Origin headers are a bad request',
      'a missing Origin is allowed',
      'fetch metadata tells a page of the API itself',
      'a token from the query is refused where a foreign page',
    ],
  },
  {
    attack: 'null taken for missing',
    core: [['origin/attacks.test.ts', 'attack: null taken for missing']],
    http: ['Origin: null is no missing one'],
  },
  {
    attack: 'malformed taken for missing',
    core: [['origin/attacks.test.ts', 'attack: malformed taken for missing']],
    http: ['a malformed Origin is a bad request, and no missing one'],
  },
  {
    attack: 'WebSocket from a foreign page',
    core: [['server/upgrade/upgrade.test.ts', 'a page cannot slip it in']],
    http: [
      'an origin-bound token opens a WebSocket from the pages',
      'a WebSocket from a sandboxed frame',
      'an upgrade with a malformed Origin',
    ],
  },
  {
    attack: 'CORS headers from a forged token',
    core: [['origin/cors.test.ts', 'answers a preflight of an admitted origin, and of no other']],
    http: ['bearerAuth never sends a CORS field', 'a forged token gets nothing out of its origins'],
  },
  {
    attack: 'the same one-time token 50 times at once',
    core: [['inbound/verifier/state.test.ts', 'lets one of fifty uses at once pass']],
    http: ['attack: the same one-time token 50 times at once'],
  },
  {
    attack: 'replay after a spelling change',
    core: [
      ['inbound/verifier/state.test.ts', 'does not let another spelling of a used token pass'],
    ],
    http: ['attack: replay after a spelling change'],
  },
  {
    attack: 'revocation keyed on a hash of another spelling',
    core: [['attacks/tokens.test.ts', 'describe.each(ATTACK_TOPICS)']],
    http: ['attack: revocation keyed on a hash of another spelling'],
  },
  {
    attack: 'store down',
    core: [['inbound/verifier/state.test.ts', 'A store that fails lets nobody pass']],
    http: ['attack: a store that is down lets nobody in'],
  },
]

const cases = adapterConformance(nodeDriver(createNodeAdapter())).map(({ name }) => name)
const core = new URL('../../core/test/', import.meta.url)

describe.each(ROWS)('the attack "$attack"', ({ core: tests, http }) => {
  it('is tried on the core', () => {
    const found = typeof tests === 'string' ? [] : tests
    for (const [file, title] of found) {
      expect(readFileSync(new URL(file, core), 'utf8')).toContain(title)
    }
    if (tests === 'topic') {
      expect(readFileSync(new URL('attacks/tokens.test.ts', core), 'utf8')).toContain(
        'describe.each(ATTACK_TOPICS)',
      )
    }
  })

  it('is tried over HTTP, where a request can carry it', () => {
    for (const beginning of typeof http === 'string' ? [] : http) {
      expect(cases.filter((name) => name.startsWith(`node:http: ${beginning}`))).toHaveLength(1)
    }
  })
})

describe('every attack of the conformance suite', () => {
  const named = ROWS.flatMap(({ http }) => (typeof http === 'string' ? [] : http))

  it.each(cases.filter((name) => name.includes(': attack: ')))('is in the table: %s', (name) => {
    expect(named.some((beginning) => name.startsWith(`node:http: ${beginning}`))).toBe(true)
  })
})
