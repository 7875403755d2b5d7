import { equal, ok } from 'node:assert/strict'
import { bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNowhere, assertRefused, parseChallenge } from '../expectations.ts'
import type { Fields } from '../http-client.ts'
import type { SentUpgrade } from '../upgrade-client.ts'
import { openUpgrades, type UpgradeSite } from '../upgrades.ts'

const NO_TOKEN = { status: 401, reason: 'token_missing', error: null } as const
const BAD_REQUEST = { status: 400, reason: 'request_invalid', error: 'invalid_request' } as const

/** A list of protocols. */
function protocols(...names: readonly string[]): Fields {
  return [['Sec-WebSocket-Protocol', names.join(', ')]]
}

/** Opens a WebSocket that works, and gives the protocol that it was answered with. */
async function greeted(site: UpgradeSite, sent: SentUpgrade, name = 'alice'): Promise<unknown> {
  await using client = await site.connect(sent)
  equal(client.answer.status, 101, client.answer.text)
  const frame = await client.next()
  equal(frame.kind === 'text' && frame.text, `Hello ${name}`)
  return client.answer.headers['sec-websocket-protocol']
}

async function assertUpgradeRefused(
  site: UpgradeSite,
  sent: SentUpgrade,
  refusal: Parameters<typeof assertRefused>[1],
): Promise<void> {
  const before = site.accepted.length
  await using client = await site.connect(sent)
  assertRefused(client.answer, refusal)
  equal(client.answer.headers.connection, 'close')
  equal(client.answer.headers['content-length'], String(Buffer.byteLength(client.answer.text)))
  equal(site.accepted.length, before, 'what stands behind got a refused upgrade')
}

/** Where an upgrade's token may stand, and what is answered where it does not. */
export const upgradeCases: readonly CaseDefinition[] = [
  {
    name: 'upgradeAuth takes a token from the header, and says whose it is',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const token = bench.issuer.mint({ claims: { sub: 'alice' } })
      equal(await greeted(upgrades, { fields: bearer(token) }), undefined)
      equal((await upgrades.site.get('/me', token)).status, 200, 'requests are served as before')
    },
  },
  {
    name: 'upgradeAuth takes a token out of the list of protocols, and the rest of it is answered',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const token = bench.issuer.mint({ claims: { sub: 'alice' } })
      const lists: readonly Fields[] = [
        protocols(`bearer.${token}`, 'orders.v1'),
        protocols('orders.v1', `bearer.${token}`),
        [...protocols(`bearer.${token}`), ...protocols('orders.v1', 'orders.v0')],
      ]
      for (const fields of lists) equal(await greeted(upgrades, { fields }), 'orders.v1')
      equal(upgrades.accepted.length, lists.length)
      for (const { fields } of upgrades.accepted) {
        ok(!fields.includes(token), 'what stands behind still sees the token')
        ok(fields.includes('orders.v1'))
      }
    },
  },
  {
    name: 'upgradeAuth never answers with a token, wherever it was looked for',
    async run(bench) {
      const options = { optional: true, tokenFrom: { protocol: false } }
      await using upgrades = await openUpgrades(bench, { options })
      const token = bench.issuer.mint()
      for (const prefix of ['bearer', 'Bearer', 'BEARER']) {
        const fields = protocols(`${prefix}.${token}`, 'orders.v1')
        equal(await greeted(upgrades, { fields }, 'stranger'), 'orders.v1')
      }
      await assertUpgradeRefused(upgrades, { fields: protocols(`bearer.${token}`) }, BAD_REQUEST)
    },
  },
  {
    name: 'upgradeAuth takes a token from the query when told to, and not otherwise',
    async run(bench) {
      const token = bench.issuer.mint({ claims: { sub: 'alice' } })
      const path = `/?access_token=${token}`
      await using usual = await openUpgrades(bench)
      await assertUpgradeRefused(usual, { path }, NO_TOKEN)
      const options = { tokenFrom: { query: 'access_token' } }
      await using upgrades = await openUpgrades(bench, { options })
      await greeted(upgrades, { path })
      await greeted(upgrades, { fields: protocols(`bearer.${token}`, 'orders.v1') })
    },
  },
  {
    name: 'upgradeAuth answers an upgrade without a token on the connection, and closes it',
    async run(bench) {
      await using upgrades = await openUpgrades(bench, { options: { realm: 'orders' } })
      await assertUpgradeRefused(upgrades, {}, NO_TOKEN)
      await assertUpgradeRefused(upgrades, { fields: protocols('orders.v1') }, NO_TOKEN)
      await using client = await upgrades.connect({ fields: [['Authorization', 'Basic eDp5']] })
      assertRefused(client.answer, NO_TOKEN)
      const { params } = parseChallenge(client.answer.headers['www-authenticate'] ?? '')
      equal(params['realm'], 'orders')
    },
  },
  {
    name: 'optional upgradeAuth lets absent tokens pass, and no invalid one',
    async run(bench) {
      await using upgrades = await openUpgrades(bench, { options: { optional: true } })
      await greeted(upgrades, {}, 'stranger')
      const fields = bearer(bench.issuer.mint({ fault: 'expired' }))
      const expired = { status: 401, reason: 'token_expired', error: 'invalid_token' } as const
      await assertUpgradeRefused(upgrades, { fields }, expired)
    },
  },
  {
    name: 'upgradeAuth refuses a bad token with its reason, and never repeats it',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const faults = {
        expired: 'token_expired',
        'other-key': 'signature_invalid',
        'other-audience': 'audience_mismatch',
        unsigned: 'algorithm_not_allowed',
        'other-spelling': 'token_malformed',
      } as const
      for (const fault of Object.keys(faults) as (keyof typeof faults)[]) {
        const token = bench.issuer.mint({ fault })
        const refusal = { status: 401, reason: faults[fault], error: 'invalid_token' } as const
        const fields = protocols(`bearer.${token}`, 'orders.v1')
        await assertUpgradeRefused(upgrades, { fields }, refusal)
        await using client = await upgrades.connect({ fields: bearer(token) })
        assertRefused(client.answer, refusal)
        assertNowhere(client.answer, token)
      }
    },
  },
  {
    name: 'upgradeAuth refuses two tokens in one upgrade, even two alike',
    async run(bench) {
      const options = { tokenFrom: { query: 'q' } }
      await using upgrades = await openUpgrades(bench, { options })
      const token = bench.issuer.mint()
      const listed = protocols(`bearer.${token}`, 'orders.v1')
      const twice: readonly SentUpgrade[] = [
        { fields: [...bearer(token), ...listed] },
        { fields: [...bearer(token), ...bearer(token)] },
        { fields: [...listed, ...listed] },
        { fields: protocols(`bearer.${token}`, 'orders.v1', `bearer.${bench.issuer.mint()}`) },
        { fields: listed, path: `/?q=${token}` },
        { fields: bearer(token), path: `/?q=${token}` },
        { path: `/?q=${token}&q=${token}` },
      ]
      for (const sent of twice) await assertUpgradeRefused(upgrades, sent, BAD_REQUEST)
    },
  },
]
