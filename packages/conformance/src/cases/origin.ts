import { deepEqual, equal, ok } from 'node:assert/strict'
import { type GuardOptions, originBinding, type OriginBindingOptions } from '@mayfly/core'
import { AUDIENCE, type Bench, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNoCors, assertRefused, varyOf } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'
import { type Answer, type Fields, jsonOf } from '../http-client.ts'

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example'
const MALFORMED = {
  status: 400,
  reason: 'origin_malformed',
  error: 'invalid_request',
} as const

type Strictness = Omit<OriginBindingOptions, 'claim'>

async function openBound<Middleware>(
  { adapter, verifier, open }: Bench<Middleware>,
  strictness: Strictness = {},
  options: GuardOptions = {},
): Promise<Site> {
  const bound = verifier({ origin: originBinding({ claim: 'aud', ...strictness }) })
  const middleware = [adapter.bearerAuth(bound, options)]
  return open({ path: '/me', middleware, handle: answerAuth })
}

function mint<Middleware>({ issuer }: Bench<Middleware>, ...patterns: string[]): string {
  return issuer.mint({ claims: { aud: [AUDIENCE, ...patterns] } })
}

function from(...origins: readonly string[]): Fields {
  return origins.map((origin) => ['Origin', origin] as const)
}

function fetchedFrom(site: string): Fields {
  return [['Sec-Fetch-Site', site]]
}

function assertLooked(answer: Answer): void {
  ok(varyOf(answer).includes('origin'), 'the answer does not say that it varies with Origin')
  assertNoCors(answer)
}

/** Which origins a pattern is for, and which it is not, next to one another. */
const PATTERNS: readonly (readonly [pattern: string, here: string[], notHere: string[]])[] = [
  [
    'app.example.com',
    [APP, 'https://app.example.com:443'],
    ['http://app.example.com', `${APP}:8443`, 'https://x.app.example.com', 'https://example.com'],
  ],
  [
    '*.example.com',
    [APP, 'https://a.b.example.com'],
    ['https://example.com', 'https://evilexample.com', 'https://example.com.evil.example'],
  ],
  ['app.example.com:8443', [`${APP}:8443`], [APP, `${APP}:844`, `${APP}:18443`]],
  ['https://app.example.com:*', [APP, `${APP}:1`], ['http://app.example.com']],
  ['localhost', ['http://localhost:3000', 'https://localhost'], ['http://localhost.evil.example']],
  ['capacitor://localhost', ['capacitor://localhost'], ['https://localhost', 'ionic://localhost']],
  ['*', [APP, EVIL, 'http://x.example:1'], []],
  // None of these may be taken for a pattern that means something.
  ['*.com', [], ['https://example.com', APP]],
  ['https://*', [], [APP]],
  ['https://app.example.com/path', [], [APP]],
]

/** Tokens that are bound to browser origins. */
export const originCases: readonly CaseDefinition[] = [
  {
    name: 'an origin-bound token works from the origins that it names, and from no others',
    async run(bench) {
      await using site = await openBound(bench)
      for (const [pattern, here, notHere] of PATTERNS) {
        const token = mint(bench, pattern)
        for (const origin of here) {
          const answer = await site.get('/me', token, from(origin))
          equal(answer.status, 200, `${origin} by ${pattern}`)
          assertLooked(answer)
        }
        for (const origin of notHere) {
          const answer = await site.get('/me', token, from(origin))
          equal(answer.status, 403, `${origin} by ${pattern}`)
          assertRefused(answer, { status: 403, reason: 'origin_mismatch' })
          assertLooked(answer)
        }
      }
    },
  },
  {
    name: 'a refused origin is named to the caller, and the allowed ones are not',
    async run(bench) {
      await using site = await openBound(bench)
      const answer = await site.get('/me', mint(bench, APP, '*.example.org'), from(EVIL))
      assertRefused(answer, { status: 403, reason: 'origin_mismatch' })
      equal((jsonOf(answer) as { origin?: string }).origin, EVIL)
      ok(!/app\.example|example\.org/.test(answer.text), 'the answer gives the allowed ones away')
      const dotted = await site.get('/me', mint(bench, APP), from(`${APP}.`))
      assertRefused(dotted, { status: 403, reason: 'origin_trailing_dot' })
    },
  },
  {
    name: 'a malformed Origin is a bad request, and no missing one',
    async run(bench) {
      await using site = await openBound(bench)
      const token = mint(bench, '*')
      const values = [
        '',
        'x',
        `${APP}/`,
        `${APP}, ${APP}`,
        `${APP} ${EVIL}`,
        'https://user@app.example.com',
        'https://app.example.com:080',
        'https://app..example.com',
        'https://app%2eexample.com',
        'https://app.example.com\\@evil.example',
        'https://0177.0.0.1',
        'Null',
      ]
      for (const value of values) {
        const answer = await site.get('/me', token, from(value))
        equal(answer.status, 400, value)
        assertRefused(answer, MALFORMED)
        assertLooked(answer)
        equal((jsonOf(answer) as { origin?: string }).origin, undefined)
      }
    },
  },
  {
    name: 'two Origin headers are a bad request, even when they are alike',
    async run(bench) {
      await using site = await openBound(bench)
      const token = mint(bench, '*')
      assertRefused(await site.get('/me', token, from(APP, APP)), MALFORMED)
      assertRefused(await site.get('/me', token, from(APP, EVIL)), MALFORMED)
    },
  },
  {
    name: 'Origin: null is no missing one, and has to be allowed twice',
    async run(bench) {
      const refused = { status: 403, reason: 'origin_null' } as const
      await using usual = await openBound(bench)
      assertRefused(await usual.get('/me', mint(bench, APP), from('null')), refused)
      assertRefused(await usual.get('/me', mint(bench, 'null'), from('null')), refused)
      await using lenient = await openBound(bench, { allowNullOrigin: true })
      assertRefused(await lenient.get('/me', mint(bench, APP), from('null')), refused)
      equal((await lenient.get('/me', mint(bench, 'null'), from('null'))).status, 200)
    },
  },
  {
    name: 'a missing Origin is allowed, unless the verifier wants one',
    async run(bench) {
      const token = mint(bench, APP)
      await using usual = await openBound(bench)
      const answer = await usual.get('/me', token)
      equal(answer.status, 200)
      assertLooked(answer)
      await using strict = await openBound(bench, { missingOrigin: 'deny' })
      const refused = await strict.get('/me', token)
      assertRefused(refused, { status: 403, reason: 'origin_required' })
      assertLooked(refused)
    },
  },
  {
    name: 'fetch metadata tells a page of the API itself from a foreign one',
    async run(bench) {
      const strictness = { missingOrigin: 'fetch-metadata' } as const
      const unprovable = { status: 403, reason: 'origin_unprovable' } as const
      const token = mint(bench, 'api.example.com')
      await using site = await openBound(bench, strictness, { publicOrigin: AUDIENCE })
      equal((await site.get('/me', token)).status, 200)
      equal((await site.get('/me', token, fetchedFrom('same-origin'))).status, 200)
      const elsewhere = await site.get('/me', mint(bench, APP), fetchedFrom('same-origin'))
      assertRefused(elsewhere, { status: 403, reason: 'origin_mismatch' })
      for (const value of ['cross-site', 'same-site', 'none']) {
        assertRefused(await site.get('/me', token, fetchedFrom(value)), unprovable)
      }
    },
  },
  {
    name: "the API's own origin is never taken from the request",
    async run(bench) {
      await using site = await openBound(bench, { missingOrigin: 'fetch-metadata' })
      const token = mint(bench, 'api.example.com', 'http://api.example.com')
      for (const host of ['api.example.com', 'api.example.com/', 'x#@api.example.com', 'x\\api']) {
        const fields: Fields = [
          ['Host', host],
          ['X-Forwarded-Host', 'api.example.com'],
          ['X-Forwarded-Proto', 'https'],
          ['Forwarded', 'host=api.example.com;proto=https'],
          ...fetchedFrom('same-origin'),
        ]
        const answer = await site.get('/me', token, fields)
        assertRefused(answer, { status: 403, reason: 'origin_unprovable' })
      }
    },
  },
  {
    name: 'a token from the query is refused where a foreign page may have put it there',
    async run(bench) {
      await using site = await openBound(bench, {}, { tokenFrom: { query: 't' } })
      const path = `/me?t=${mint(bench, APP)}`
      for (const value of ['cross-site', 'same-site']) {
        const answer = await site.get(path, undefined, fetchedFrom(value))
        assertRefused(answer, { status: 403, reason: 'origin_unprovable' })
      }
      const header = await site.get('/me', mint(bench, APP), fetchedFrom('cross-site'))
      deepEqual([(await site.get(path)).status, header.status], [200, 200])
    },
  },
  {
    name: 'a forged token gets nothing out of its origins',
    async run(bench) {
      await using site = await openBound(bench)
      const claims = { aud: [AUDIENCE, EVIL, '*'] }
      const forged = bench.issuer.mint({ claims, fault: 'other-key' })
      const answer = await site.get('/me', forged, from(EVIL))
      const refused = { status: 401, reason: 'signature_invalid', error: 'invalid_token' } as const
      assertRefused(answer, refused)
      assertNoCors(answer)
      ok(!answer.text.includes('evil.example'))
    },
  },
]
