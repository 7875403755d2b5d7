import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { OptionError } from '@mayfly/core'
import type { VonageWebhookReceiverOptions } from '@mayfly/core/vendors'
import { assertJson, assertNowhere, assertRefused } from '../expectations.ts'
import { ACCOUNT, MESSAGE, type WebhookBench, type WebhookSite } from './bench.ts'

/** A case before it is bound to an adapter. */
export interface WebhookCase {
  readonly name: string
  readonly run: <Middleware>(bench: WebhookBench<Middleware>) => Promise<void>
}

/** What is sent in the place of {@link MESSAGE}. */
const FORGED = JSON.stringify({ ...MESSAGE, text: 'Send money' })

/** Asserts that nobody but the middleware has seen a webhook, and that it was not its own fault. */
function assertUnseen({ seen, site }: WebhookSite): void {
  deepEqual(seen, [])
  deepEqual(site.errors, [])
}

/** What the middleware does with good webhooks. */
export const acceptedWebhooks: readonly WebhookCase[] = [
  {
    name: 'a signed webhook reaches the handler, with its claims, its bytes and its body',
    async run({ open }) {
      await using place = await open()
      assertJson(await place.deliver({ applicationId: 'app-1' }), { body: MESSAGE })
      const webhook = place.seen[0]?.webhook
      equal(webhook?.claims.application_id, 'app-1')
      equal(webhook?.claims.api_key, ACCOUNT.apiKey)
      equal(new TextDecoder().decode(webhook?.rawBody), JSON.stringify(MESSAGE))
      deepEqual(webhook?.body, MESSAGE)
    },
  },
  {
    name: 'a form reaches the handler as a body parser would leave it',
    async run({ open }) {
      await using place = await open()
      assertJson(await place.deliver({ format: 'form' }), { body: MESSAGE })
    },
  },
  {
    name: 'a GET request is judged by its query, as it was sent',
    async run({ open }) {
      await using place = await open()
      assertJson(await place.deliver({ method: 'GET' }), { body: null })
      const sent = 'from=447700900000&text=other'
      const answer = await place.deliver({ method: 'GET', sent })
      assertRefused(answer, { status: 401, reason: 'claim_invalid', error: 'invalid_token' })
      equal(place.seen.length, 1)
    },
  },
  {
    name: 'a body of many chunks is read to its end',
    async run({ open }) {
      await using place = await open()
      const text = 'ü'.repeat(200_000)
      assertJson(await place.deliver({}, { text }), { body: { text } })
    },
  },
  {
    name: 'a body parser behind has nothing left to do, and does nothing',
    async run({ open }) {
      for (const format of ['json', 'form'] as const) {
        await using place = await open('behind')
        assertJson(await place.deliver({ format }), { body: MESSAGE })
      }
    },
  },
  {
    name: 'a body parser before it may keep the bytes, which are what counts then',
    async run({ open }) {
      for (const format of ['json', 'form'] as const) {
        await using place = await open('before-keeping-bytes')
        assertJson(await place.deliver({ format }), { body: MESSAGE })
        const sent = format === 'json' ? FORGED : 'text=other'
        const answer = await place.deliver({ format, sent })
        assertRefused(answer, { status: 401, reason: 'claim_invalid', error: 'invalid_token' })
        equal(place.seen.length, 1)
      }
    },
  },
]

/** What it does with all others. */
export const refusedWebhooks: readonly WebhookCase[] = [
  {
    name: 'a body other than the one that was signed is refused',
    async run({ open }) {
      await using place = await open()
      const answer = await place.deliver({ sent: FORGED })
      assertRefused(answer, { status: 401, reason: 'claim_invalid', error: 'invalid_token' })
      assertNowhere(answer, 'Send money')
      assertUnseen(place)
    },
  },
  {
    name: 'a webhook without a token gets a bare challenge',
    async run({ open }) {
      await using place = await open()
      const answer = await place.site.send('/webhooks/inbound', { method: 'POST', body: '{}' })
      assertRefused(answer, { status: 401, reason: 'token_missing', error: null })
      assertUnseen(place)
    },
  },
  {
    name: 'another secret, another account and another time are refused',
    async run({ open, clock }) {
      await using place = await open()
      const late = { iat: clock.now() / 1000 - 301 }
      for (const [sending, reason] of [
        [{ signatureSecret: 'another secret' }, 'signature_invalid'],
        [{ apiKey: 'ffff0000' }, 'key_unknown'],
        [{ claims: late }, 'token_too_old'],
      ] as const) {
        const answer = await place.deliver(sending)
        assertRefused(answer, { status: 401, reason, error: 'invalid_token' })
      }
      assertUnseen(place)
    },
  },
  {
    name: 'two Authorization headers are refused, whichever is good',
    async run({ open }) {
      await using place = await open()
      const token = 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln'
      const fields = [token, token].map((one) => ['Authorization', `Bearer ${one}`] as const)
      const answer = await place.site.send('/webhooks/inbound', { method: 'POST', fields })
      assertRefused(answer, { status: 400, reason: 'request_invalid', error: 'invalid_request' })
      assertUnseen(place)
    },
  },
  {
    name: 'a body that is longer than it may be is refused with 413',
    async run({ open }) {
      await using place = await open('none', { maxBodyBytes: 64 })
      assertJson(await place.deliver({}, { x: 'x'.repeat(56) }), { body: { x: 'x'.repeat(56) } })
      const answer = await place.deliver({}, { x: 'x'.repeat(57) })
      assertRefused(answer, { status: 413, reason: 'request_invalid' })
      equal(place.seen.length, 1)
    },
  },
  {
    name: 'a body that is signed and not what its type says is refused with 400',
    async run({ open }) {
      await using place = await open()
      const answer = await place.deliver({}, '{"text":')
      assertRefused(answer, { status: 400, reason: 'request_invalid', error: 'invalid_request' })
      assertUnseen(place)
    },
  },
  {
    name: 'a webhook that comes again is refused, unless that is switched off',
    async run({ open }) {
      const claims = { jti: 'one and the same' }
      await using place = await open()
      assertJson(await place.deliver({ claims }), { body: MESSAGE })
      const again = await place.deliver({ claims })
      assertRefused(again, { status: 401, reason: 'token_replayed', error: 'invalid_token' })
      assertJson(await place.deliver(), { body: MESSAGE })
      await using careless = await open('none', { once: null })
      for (const body of [MESSAGE, MESSAGE]) {
        assertJson(await careless.deliver({ claims }), { body })
      }
    },
  },
  {
    name: 'a store of used webhooks is asked, and when it is down nobody passes',
    async run({ open }) {
      const used = new Set<string>()
      const once = { consume: (id: string) => !used.has(id) && used.add(id) === used }
      await using place = await open('none', { once })
      const claims = { jti: 'one and the same' }
      assertJson(await place.deliver({ claims }), { body: MESSAGE })
      const again = await place.deliver({ claims })
      assertRefused(again, { status: 401, reason: 'token_replayed', error: 'invalid_token' })
      await using closed = await open('none', { once: { consume: () => Promise.reject() } })
      const down = await closed.deliver()
      assertRefused(down, { status: 503, reason: 'store_unavailable' })
      ok(down.headers['retry-after'] !== undefined)
      assertUnseen(closed)
    },
  },
]

/** What is the program's own fault, and reaches whoever writes it. */
export const webhookFaults: readonly WebhookCase[] = [
  {
    name: 'a body parser before it that keeps nothing is reported as what it is, and nobody passes',
    async run({ open }) {
      await using place = await open('before')
      equal((await place.deliver()).status, 500)
      deepEqual(place.seen, [])
      const [error] = place.site.errors
      ok(error instanceof OptionError, 'the error says that the program is wrong')
      equal(error.option, 'rawBody')
      match(error.message, /before the parser/)
    },
  },
  {
    name: 'what a function for secrets throws reaches the error handling',
    async run({ open }) {
      const fault = new Error('The database is down.')
      await using place = await open('none', { secrets: () => Promise.reject(fault) })
      equal((await place.deliver()).status, 500)
      deepEqual([place.seen, place.site.errors], [[], [fault]])
    },
  },
  {
    name: 'the middleware has a name, and unsound options are refused when it is made',
    async run({ driver: { adapter } }) {
      const secrets = { abcd1234: 'secret' }
      const middleware = adapter.vonageWebhook({ secrets })
      equal((middleware as { readonly name?: unknown }).name, 'vonageWebhook')
      for (const options of [
        {},
        { secrets, maxAge: -1 },
        { secrets, maxBodyBytes: 0 },
        { secrets, maxbodybytes: 1 },
      ]) {
        let error: unknown
        try {
          adapter.vonageWebhook(options as VonageWebhookReceiverOptions)
        } catch (thrown) {
          error = thrown
        }
        ok(error instanceof OptionError, JSON.stringify(options))
      }
    },
  },
]
