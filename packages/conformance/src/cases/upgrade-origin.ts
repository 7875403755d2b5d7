import { equal, ok, throws } from 'node:assert/strict'
import { isMayflyError, type OriginBindingOptions, originBinding } from '@mayfly/core'
import { type UpgradeOptions } from '@mayfly/core/adapter'
import { AUDIENCE, type Bench, bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNoCors, assertRefused, varyOf } from '../expectations.ts'
import type { Fields } from '../http-client.ts'
import { openUpgrades, type UpgradeSite } from '../upgrades.ts'

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example'

function openBound<Middleware>(
  bench: Bench<Middleware>,
  strictness: Partial<OriginBindingOptions> = {},
  options: UpgradeOptions = {},
): Promise<UpgradeSite> {
  const verifier = bench.verifier({ origin: originBinding({ claim: 'aud', ...strictness }) })
  return openUpgrades(bench, { verifier, options })
}

function mint<Middleware>({ issuer }: Bench<Middleware>, ...patterns: string[]): string {
  return issuer.mint({ claims: { sub: 'alice', aud: [AUDIENCE, ...patterns] } })
}

/** What a page sends that was given a token. */
function page(token: string, ...origins: readonly string[]): Fields {
  return [
    ['Sec-WebSocket-Protocol', `orders.v1, bearer.${token}`],
    ...origins.map((origin) => ['Origin', origin] as const),
  ]
}

async function assertOpens(upgrades: UpgradeSite, fields: Fields): Promise<void> {
  await using client = await upgrades.connect({ fields })
  equal(client.answer.status, 101, client.answer.text)
}

async function assertDenied(
  upgrades: UpgradeSite,
  fields: Fields,
  refusal: Parameters<typeof assertRefused>[1],
): Promise<void> {
  await using client = await upgrades.connect({ fields })
  assertRefused(client.answer, refusal)
  ok(varyOf(client.answer).includes('origin'), 'the answer does not say that it varies')
  assertNoCors(client.answer)
  ok(!client.answer.text.includes('example.org'), 'the answer gives the allowed origins away')
}

/** Upgrades that come from web pages: they are not subject to CORS. */
export const upgradeOriginCases: readonly CaseDefinition[] = [
  {
    name: 'an origin-bound token opens a WebSocket from the pages that it names, and from no others',
    async run(bench) {
      await using upgrades = await openBound(bench)
      const token = mint(bench, APP, '*.example.org')
      await assertOpens(upgrades, page(token, APP))
      await assertOpens(upgrades, page(token, 'https://a.b.example.org'))
      const mismatch = { status: 403, reason: 'origin_mismatch' } as const
      for (const origin of [EVIL, 'http://app.example.com', `${APP}:8443`, `${APP}.evil.example`]) {
        await assertDenied(upgrades, page(token, origin), mismatch)
      }
      equal(upgrades.accepted.length, 2)
    },
  },
  {
    name: "a cookie opens no WebSocket from another site's page",
    async run(bench) {
      const options = { tokenFrom: { cookie: 'session' } }
      await using upgrades = await openBound(bench, {}, options)
      const cookie = ['Cookie', `session=${mint(bench, APP)}`] as const
      await assertOpens(upgrades, [cookie, ['Origin', APP]])
      const mismatch = { status: 403, reason: 'origin_mismatch' } as const
      await assertDenied(upgrades, [cookie, ['Origin', EVIL]], mismatch)
      const unbound = bench.verifier()
      throws(
        () => bench.adapter.upgradeAuth(unbound, options),
        isMayflyError,
        'a cookie is taken from anywhere',
      )
    },
  },
  {
    name: 'a WebSocket from a sandboxed frame is refused, unless it was allowed twice',
    async run(bench) {
      const refused = { status: 403, reason: 'origin_null' } as const
      await using usual = await openBound(bench)
      await assertDenied(usual, page(mint(bench, APP), 'null'), refused)
      await assertDenied(usual, page(mint(bench, 'null'), 'null'), refused)
      await using lenient = await openBound(bench, { allowNullOrigin: true })
      await assertDenied(lenient, page(mint(bench, APP), 'null'), refused)
      await assertOpens(lenient, page(mint(bench, 'null'), 'null'))
    },
  },
  {
    name: 'an upgrade with a malformed Origin, or with two, is a bad request',
    async run(bench) {
      const malformed = {
        status: 400,
        reason: 'origin_malformed',
        error: 'invalid_request',
      } as const
      await using upgrades = await openBound(bench)
      const token = mint(bench, '*')
      for (const origins of [[''], [`${APP}/`], ['Null'], [APP, APP], [APP, EVIL]]) {
        await assertDenied(upgrades, page(token, ...origins), malformed)
      }
    },
  },
  {
    name: 'an upgrade without an Origin is no page, unless the verifier wants one',
    async run(bench) {
      const token = mint(bench, APP)
      await using usual = await openBound(bench)
      await assertOpens(usual, bearer(token))
      await using strict = await openBound(bench, { missingOrigin: 'deny' })
      await assertDenied(strict, bearer(token), { status: 403, reason: 'origin_required' })
    },
  },
]
