import { MemoryOneTimeGuard } from '@mayfly/core'
import {
  verifyVonageWebhook,
  type VonageWebhookClaims,
  VonageWebhookVerifier,
} from '@mayfly/core/vendors'
import { signVonageWebhook } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import {
  ACCOUNT,
  judge,
  PAYLOAD,
  reasonFor,
  SECRET,
  SECRETS,
} from '../../support/vonage-webhooks.ts'

const UTF8 = new TextEncoder()

interface Signed {
  readonly authorization: string | undefined
  readonly body: Uint8Array
}

function signed(clock: FakeClock): Signed {
  const { headers, body } = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock })
  return { authorization: headers['authorization'], body: UTF8.encode(body) }
}

describe('a webhook that comes again', () => {
  const replayed = { code: 'ERR_TOKEN_REPLAYED', status: 401 }

  it('is refused, though nothing was said of it, until it would be too old anyway', async () => {
    const clock = new FakeClock()
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock })
    const request = signed(clock)
    await verifier.verify(request)
    expect(await failure(() => verifier.verify(request))).toMatchObject(replayed)
    clock.advanceSeconds(300)
    expect(await failure(() => verifier.verify(request))).toMatchObject(replayed)
    clock.advanceSeconds(1)
    expect(await failure(() => verifier.verify(request))).toMatchObject({
      code: 'ERR_TOKEN_TOO_OLD',
    })
    await expect(verifier.verify(signed(clock))).resolves.toBeDefined()
  })

  it('is refused by the function too, which keeps nothing itself, but not under another clock', async () => {
    const clock = new FakeClock()
    const request = signed(clock)
    await verifyVonageWebhook(request, { secrets: SECRETS, clock })
    // Options that are made anew for every call, as a handler of a cloud function does.
    const again = () => verifyVonageWebhook(request, { secrets: { ...SECRETS }, clock })
    expect(await failure(again)).toMatchObject(replayed)
    const elsewhere = new FakeClock()
    await expect(
      verifyVonageWebhook(request, { secrets: SECRETS, clock: elsewhere }),
    ).resolves.toBeDefined()
  })

  it('is accepted where that is switched off in so many words', async () => {
    const clock = new FakeClock()
    const options = { secrets: SECRETS, once: null, clock }
    const verifier = new VonageWebhookVerifier(options)
    const request = signed(clock)
    for (let times = 0; times < 3; times++) {
      await expect(verifier.verify(request)).resolves.toBeDefined()
      await expect(verifyVonageWebhook(request, options)).resolves.toBeDefined()
    }
  })
})

describe('VonageWebhookVerifier', () => {
  it('accepts a webhook once, for as long as it would be accepted at all', async () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock })
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, once, clock, maxAge: 10 })
    const { headers, body } = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock })
    const request = { authorization: headers['authorization'], body: UTF8.encode(body) }
    const attempts = Array.from({ length: 50 }, async () => verifier.verify(request))
    const outcomes = await Promise.allSettled(attempts)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    clock.advanceSeconds(10)
    expect(await failure(() => verifier.verify(request))).toMatchObject({
      code: 'ERR_TOKEN_REPLAYED',
      status: 401,
    })
    clock.advanceSeconds(1)
    expect(await failure(() => verifier.verify(request))).toMatchObject({
      code: 'ERR_TOKEN_TOO_OLD',
    })
  })

  it('does not use up a webhook whose body is another one', async () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock })
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, once, clock })
    const { headers, body } = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock })
    const { authorization } = headers
    await failure(() => verifier.verify({ authorization, body: UTF8.encode('{}') }))
    const request = { authorization, body: UTF8.encode(body) }
    await expect(verifier.verify(request)).resolves.toBeDefined()
  })

  it('lets nobody pass when the store of used webhooks fails', async () => {
    const once = { consume: () => Promise.reject(new Error('down')) }
    expect(await reasonFor({ options: { once } })).toBe('503 store_unavailable')
  })

  it('does not ask for the body of a webhook whose token is no good', async () => {
    const clock = new FakeClock()
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock })
    let reads = 0
    const read = async (text: string) => {
      reads += 1
      return UTF8.encode(text)
    }
    for (const signatureSecret of ['wrong', SECRET]) {
      const sending = { ...ACCOUNT, signatureSecret, clock }
      const { headers, body } = signVonageWebhook(PAYLOAD, sending)
      const request = { authorization: headers['authorization'], body: () => read(body) }
      await verifier.verify(request).catch(() => {})
    }
    expect(reads).toBe(1)
  })

  it('tells of every webhook, with a reason and without a token', async () => {
    const events: object[] = []
    const observe = (event: object) => events.push(event)
    await judge({ options: { observe } })
    await failure(() => judge({ options: { observe }, sending: { sent: '' } }))
    expect(events).toEqual([
      { type: 'verify', cached: false, durationMs: 0 },
      { type: 'deny', reason: 'claim_invalid', durationMs: 0 },
    ])
  })

  it('hands on what a function for secrets throws: that is not the request’s fault', async () => {
    const fault = new Error('database down')
    const secrets = () => Promise.reject(fault)
    expect(await failure(() => judge({ options: { secrets } }))).toBe(fault)
  })

  it.each([
    ['text', JSON.stringify(PAYLOAD)],
    ['a parsed body', PAYLOAD],
    ['nothing', undefined],
  ])('says that %s is not the body that was signed', async (_, body) => {
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock: new FakeClock() })
    const { headers } = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock: new FakeClock() })
    const request = { authorization: headers['authorization'], body: body as unknown as Uint8Array }
    expect(await failure(() => verifier.verify(request))).toMatchObject({
      name: 'OptionError',
      option: 'body',
    })
  })

  const bad: readonly [string, object, string][] = [
    ['no secrets', { secrets: undefined }, 'secrets'],
    ['an empty table of secrets', { secrets: {} }, 'secrets'],
    ['a secret without its account', { secrets: SECRET }, 'secrets'],
    ['a list of secrets', { secrets: [SECRET] }, 'secrets'],
    ['a secret that is a number', { secrets: { abcd1234: 7 } }, 'secrets'],
    ['an age of nothing', { maxAge: 0 }, 'maxAge'],
    ['an age of more than a day', { maxAge: 86_401 }, 'maxAge'],
    ['an age that never ends', { maxAge: Infinity }, 'maxAge'],
    ['a one-time guard that is none', { once: {} }, 'once'],
    ['a misspelt option', { maxage: 5 }, 'maxage'],
  ]
  it.each(bad)('refuses %s when it is made', (_, options, option) => {
    expect(() => new VonageWebhookVerifier({ secrets: SECRETS, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })

  it('refuses an empty secret, which anybody could guess, when it is made', () => {
    for (const empty of ['', new Uint8Array(), []]) {
      expect(() => new VonageWebhookVerifier({ secrets: { abcd1234: empty } })).toThrow(
        expect.objectContaining({ name: 'KeyError', code: 'ERR_KEY_EMPTY' }) as object,
      )
    }
  })

  it('types what it gives', async () => {
    const claims: VonageWebhookClaims = await judge()
    expect(claims.api_key).toBe('abcd1234')
  })
})
