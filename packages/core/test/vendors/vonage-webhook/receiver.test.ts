import { PassThrough } from 'node:stream'
import { OptionError, type RequestLike } from '@mayfly/core'
import { type VonageWebhook, VonageWebhookReceiver } from '@mayfly/core/vendors'
import { signVonageWebhook, type VonageWebhookSending } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { received } from '../../support/requests.ts'
import { ACCOUNT, PAYLOAD, SECRETS } from '../../support/vonage-webhooks.ts'

const clock = new FakeClock()
const receiver = new VonageWebhookReceiver({ secrets: SECRETS, clock })

interface Delivery {
  readonly sending?: Partial<VonageWebhookSending>
  readonly payload?: string
  /** The content type, where it is not the usual one. */
  readonly type?: string
  /** What a body parser has left. */
  readonly body?: unknown
  /** The bytes that somebody has kept. */
  readonly rawBody?: unknown
  /** Somebody has read the stream. */
  readonly isRead?: boolean
}

interface Incoming {
  readonly request: RequestLike
  readonly stream: PassThrough & { readonly headers: Record<string, string> }
}

async function arrive({ sending, payload, type, body, isRead }: Delivery): Promise<Incoming> {
  const signed = signVonageWebhook(payload ?? PAYLOAD, { ...ACCOUNT, clock, ...sending })
  const length = String(Buffer.byteLength(signed.body))
  const headers = {
    ...signed.headers,
    ...(type !== undefined && { 'content-type': type }),
    ...(signed.body !== '' && { 'content-length': length }),
  }
  const { method, query } = signed
  const fields = Object.entries(headers)
  const url = query === '' ? '/' : `/?${query}`
  const stream = Object.assign(new PassThrough(), { headers })
  stream.end(signed.body)
  if (isRead === true) for await (const _ of stream) continue
  return { request: received({ method, url, fields, body }), stream }
}

async function receive(delivery: Delivery): Promise<VonageWebhook> {
  const { request, stream } = await arrive(delivery)
  return receiver.receive(request, stream, delivery.rawBody)
}

const TEXT = JSON.stringify(PAYLOAD)

describe('VonageWebhookReceiver', () => {
  it('gives the claims, the bytes and the parsed body', async () => {
    const { claims, rawBody, body } = await receive({})
    expect(claims.api_key).toBe('abcd1234')
    expect(new TextDecoder().decode(rawBody)).toBe(TEXT)
    expect(body).toEqual(PAYLOAD)
  })

  it.each([
    ['application/json; charset=utf-8', TEXT, PAYLOAD],
    ['APPLICATION/JSON', TEXT, PAYLOAD],
    ['application/cloudevents+json', '[1]', [1]],
    ['application/x-www-form-urlencoded', 'a=1&b=%C3%BC+c&a=2', { a: ['1', '2'], b: 'ü c' }],
    ['text/plain', 'hello', undefined],
    ['application/jsonp', 'hello', undefined],
    ['', 'hello', undefined],
  ])('parses %s', async (type, payload, expected) => {
    expect((await receive({ type, payload })).body).toEqual(expected)
  })

  it('lets no form or JSON change what an object is', async () => {
    const form = 'application/x-www-form-urlencoded'
    const delivered = [
      await receive({ payload: '{"__proto__":{"admin":true}}' }),
      await receive({ type: form, payload: '__proto__=x&constructor=y' }),
    ]
    for (const { body } of delivered) {
      expect(Object.getPrototypeOf(body)).toBe(Object.prototype)
      expect((body as { admin?: boolean }).admin).toBeUndefined()
    }
  })

  it('takes bytes that somebody has kept, and leaves what was parsed from them', async () => {
    const body = { parsed: 'by another' }
    const kept = [new TextEncoder().encode(TEXT), Buffer.from(TEXT), TEXT]
    for (const rawBody of kept) {
      expect(await receive({ rawBody, body, isRead: true })).toMatchObject({ body })
    }
    const error = await failure(() => receive({ rawBody: '{}', body, isRead: true }))
    expect(error).toMatchObject({ claim: 'payload_hash' })
  })

  it('takes a body that a parser left as bytes, and parses it', async () => {
    const { body } = await receive({ body: Buffer.from(TEXT), isRead: true })
    expect(body).toEqual(PAYLOAD)
  })

  it('does not believe what stands for a body that it has read itself', async () => {
    const { body } = await receive({ body: {} })
    expect(body).toEqual(PAYLOAD)
  })

  it('leaves what a parser makes of no body', async () => {
    const { body, rawBody } = await receive({ sending: { method: 'GET' }, body: {} })
    expect(body).toEqual({})
    expect(rawBody).toHaveLength(0)
  })

  it('says what to do when the body was read and its bytes are gone', async () => {
    const error = await failure(() => receive({ body: PAYLOAD, isRead: true }))
    expect(error).toBeInstanceOf(OptionError)
    expect(error).toMatchObject({ code: 'ERR_OPTION_REQUIRED', option: 'rawBody' })
    expect((error as Error).message).toMatch(/Mount vonageWebhook before the parser/)
    expect((error as Error).message).toMatch(/rawBody = bytes/)
  })

  it('judges the query of GET and HEAD only', async () => {
    const { request, stream } = await arrive({})
    await expect(receiver.receive({ ...request, url: '/?to=1' }, stream)).resolves.toBeDefined()
    for (const method of ['GET', 'HEAD']) {
      const other = await arrive({ sending: { method: 'GET' } })
      const query = { ...other.request, method }
      await expect(receiver.receive(query, other.stream)).resolves.toBeDefined()
      const bare = { ...query, url: '/' }
      expect(await failure(() => receiver.receive(bare, other.stream))).toMatchObject({
        claim: 'payload_hash',
      })
    }
  })

  it('reads no body of a webhook whose token is no good', async () => {
    const { request, stream } = await arrive({ sending: { signatureSecret: 'another' } })
    await failure(() => receiver.receive(request, stream))
    expect(stream.readableDidRead).toBe(false)
  })

  it('reads as much as it is told, and no more', async () => {
    const length = Buffer.byteLength(TEXT)
    for (const [maxBodyBytes, passes] of [
      [length, true],
      [length - 1, false],
    ] as const) {
      const bounded = new VonageWebhookReceiver({ secrets: SECRETS, clock, maxBodyBytes })
      const { request, stream } = await arrive({})
      const receiving = bounded.receive(request, stream)
      if (passes) await expect(receiving).resolves.toBeDefined()
      else await expect(receiving).rejects.toMatchObject({ status: 413 })
    }
  })

  it.each([
    ['bad UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['no JSON', Buffer.from('{"a":')],
  ])('refuses %s that says it is JSON', async (_, bytes) => {
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256').update(bytes).digest('hex')
    const sending = { claims: { payload_hash: hash } }
    const error = await failure(() => receive({ sending, rawBody: bytes, isRead: true }))
    expect(error).toMatchObject({ status: 400, reason: 'request_invalid' })
  })
})
