import { inspect } from 'node:util'
import type { TokenSource } from '@mayfly/core'
import { telesign, type TelesignOptions } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { NOW } from '../../support/inbound.ts'

const API_KEY = 'dGVsZXNpZ24tdGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg=='
const BYTES = Buffer.from('telesign-test-key-0123456789abcdef')
const OPTIONS = {
  customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  apiKey: API_KEY,
  phoneNumber: '15555551212',
} as const
const XID = '1b4e28ba-2fa1-11d2-883f-0016d3cca427'
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Checks a token with a library that is not ours. */
async function claimsOf(source: TokenSource): Promise<jwt.JwtPayload> {
  const { value } = await source.getToken()
  const claims = jwt.verify(value, BYTES, { algorithms: ['HS256'], ignoreExpiration: true })
  if (typeof claims === 'string') throw new Error('The payload is no object.')
  return claims
}

describe('telesign', () => {
  it('makes the token of the vector, to the letter', async () => {
    const clock = new FakeClock()
    const { value } = await telesign({ ...OPTIONS, externalId: XID, clock }).getToken()
    expect(value).toBe(
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJGRkZGRkZGRi1FRUVFLUREREQtMTIzNC1BQjEyMzQ1Njc4OTAiLCJpYXQiOjE2OTk5OTk5OTAsImV4cCI6MTcwMDAwMDA4MCwicGhuIjoiMTU1NTU1NTEyMTIiLCJ4aWQiOiIxYjRlMjhiYS0yZmExLTExZDItODgzZi0wMDE2ZDNjY2E0MjcifQ.MiMr83z4i_eytm1BvXqQvp6LRbKLidc7y9NohGxtu7w',
    )
  })

  it('names every token’s transaction by an id of its own', async () => {
    const source = telesign(OPTIONS)
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await claimsOf(source))['xid']),
    )
    expect(new Set(ids).size).toBe(20)
    expect(ids.every((id) => UUID_V4.test(id as string))).toBe(true)
  })

  it('names it as it is told, once for all or anew each time', async () => {
    expect(await claimsOf(telesign({ ...OPTIONS, externalId: 'order-7' }))).toMatchObject({
      xid: 'order-7',
    })
    let count = 0
    const source = telesign({ ...OPTIONS, externalId: () => `order-${++count}` })
    expect([await claimsOf(source), await claimsOf(source)]).toMatchObject([
      { xid: 'order-1' },
      { xid: 'order-2' },
    ])
  })

  it('refuses an id that a function made wrong, when it makes it', async () => {
    for (const made of ['', 7, 'x'.repeat(129)]) {
      const source = telesign({ ...OPTIONS, externalId: () => made as string })
      await expect(source.getToken()).rejects.toMatchObject({ option: 'externalId' })
    }
  })

  it('puts claims of one’s own behind Telesign’s, and an id where one is asked for', async () => {
    const more = { claims: { note: 'ours' }, tokenId: () => 'id-1' }
    const claims = await claimsOf(telesign({ ...OPTIONS, ...more }))
    expect(Object.keys(claims)).toEqual(['iss', 'iat', 'exp', 'phn', 'xid', 'note', 'jti'])
  })

  it('sends its tokens nowhere by itself', async () => {
    expect((await telesign(OPTIONS).getToken()).origins).toEqual([])
    const origins = ['https://rest-api.telesign.com']
    expect(telesign({ ...OPTIONS, origins }).origins).toEqual(origins)
  })

  const keys: readonly [string, TelesignOptions['apiKey']][] = [
    ['text with a line end, as files have it', `${API_KEY}\n`],
    ['bytes', { secret: BYTES }],
    ['from a callback', () => API_KEY],
    ['from a callback that takes its time', async () => ({ secret: BYTES })],
  ]
  it.each(keys)('takes an API key that is %s', async (_, apiKey) => {
    expect(await claimsOf(telesign({ ...OPTIONS, apiKey }))).toMatchObject({ phn: '15555551212' })
  })

  it.each([
    ['phoneNumber', '1234567', '123456'],
    ['phoneNumber', '123456789012345', '1234567890123456'],
    ['externalId', 'x'.repeat(128), 'x'.repeat(129)],
    ['customerId', 'x'.repeat(128), 'x'.repeat(129)],
    ['lifetime', 11, 10],
    ['backdate', 89, 90],
  ])('takes a %s of %s, and not of %s', (option, good, bad) => {
    expect(() => telesign({ ...OPTIONS, [option]: good })).not.toThrow()
    expect(() => telesign({ ...OPTIONS, [option]: bad })).toThrow(
      expect.objectContaining({ name: 'OptionError' }),
    )
  })

  const bad: readonly [string, object, string][] = [
    ['no customer', { customerId: undefined }, 'customerId'],
    ['no API key', { apiKey: undefined }, 'apiKey'],
    ['an API key that is a number', { apiKey: 7 }, 'apiKey'],
    ['half of an API key', { apiKey: API_KEY.slice(0, 21) }, 'apiKey'],
    ['no number', { phoneNumber: undefined }, 'phoneNumber'],
    ['a number that is one', { phoneNumber: 15_555_551_212 }, 'phoneNumber'],
    ['a number with a plus', { phoneNumber: '+15555551212' }, 'phoneNumber'],
    ['a number with spaces', { phoneNumber: '1 555 555 1212' }, 'phoneNumber'],
    ['a number that begins with zeros', { phoneNumber: '0015555551212' }, 'phoneNumber'],
    ['digits of another script', { phoneNumber: '١٥٥٥٥٥٥١٢١٢' }, 'phoneNumber'],
    ['a number with a line end', { phoneNumber: '15555551212\n' }, 'phoneNumber'],
    ['an id that is a number', { externalId: 7 }, 'externalId'],
    ['an empty id', { externalId: '' }, 'externalId'],
    ['milliseconds', { lifetime: 90_000_000_000_000 }, 'lifetime'],
    ['part of a second', { lifetime: 90.5 }, 'lifetime'],
    ['a claim that replaces Telesign’s', { claims: { phn: '1' } }, 'claims'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => telesign({ ...OPTIONS, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('says nothing of the number or the key in an error', () => {
    for (const options of [{ phoneNumber: '+15555551212' }, { apiKey: API_KEY.slice(0, 21) }]) {
      let seen = ''
      try {
        telesign({ ...OPTIONS, ...options })
      } catch (error) {
        seen = inspect(error)
      }
      expect(seen).toContain('OptionError')
      expect(seen).not.toMatch(/\+1555|dGVsZXNpZ24/)
    }
  })

  it('shares no id with another source, since a secret must not be guessed from one', () => {
    expect(telesign(OPTIONS).id).not.toBe(telesign(OPTIONS).id)
  })

  it('is dated by the server’s clock where the caller knows it', async () => {
    const clock = new FakeClock()
    const server = { now: () => clock.now() + 3_600_000 }
    const token = await telesign({ ...OPTIONS, clock }).getToken({ clock: server })
    expect(token).toMatchObject({ issuedAt: NOW + 3590, expiresAt: NOW + 3680 })
  })
})
