import { generateKey, type Key, type KeyLookup, signCompact, verifyCompact } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const PAYLOAD = Buffer.from('{"sub":"user-1"}')
const key = await generateKey('ES256', { keyId: 'a' })
const secret = await generateKey('HS256', { keyId: 's' })
const token = await signCompact(PAYLOAD, { typ: 'JWT' }, key)
const algorithms = ['ES256', 'HS256'] as const

/** A lookup as users write them, without any checks. */
function lookup(found: unknown): KeyLookup {
  return { version: 0, find: () => found as readonly Key[] }
}

describe('verifyCompact', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty text', ''],
    ['no keys', []],
    ['a list of undefined', [undefined]],
    ['a list of null', [null]],
    ['a list of empty texts', ['']],
    ['a promise of undefined', Promise.resolve(undefined)],
    ['keys of another algorithm', [secret]],
  ])('refuses a token when the lookup finds %s', async (_, found) => {
    await expect(verifyCompact(token, lookup(found), { algorithms })).rejects.toMatchObject({
      code: 'ERR_TOKEN_KEY',
      reason: 'key_unknown',
      status: 401,
    })
  })

  it.each([
    ['a PEM', ['-----BEGIN PUBLIC KEY-----']],
    ['a JWK', [{ kty: 'oct', k: 'AAAA' }]],
    ['a look-alike', [{ algorithm: 'ES256', verify: async () => true }]],
  ])('says that the lookup is wrong when it finds %s', async (_, found) => {
    await expect(verifyCompact(token, lookup(found), { algorithms })).rejects.toMatchObject({
      name: 'OptionError',
      option: 'keys',
    })
  })

  it('asks the lookup for the algorithm and id of the header', async () => {
    const asked: unknown[] = []
    const keys: KeyLookup = {
      version: 0,
      find: async (...args) => {
        asked.push(args)
        return [key]
      },
    }
    await verifyCompact(token, keys, { algorithms })
    await verifyCompact(await signCompact(PAYLOAD, { kid: undefined }, key), keys, { algorithms })
    expect(asked).toEqual([
      ['ES256', 'a'],
      ['ES256', undefined],
    ])
  })

  it('tries all keys of the algorithm for a token without an id', async () => {
    const others = await Promise.all([generateKey('ES256'), generateKey('ES256')])
    const nameless = await signCompact(PAYLOAD, { kid: undefined }, key)
    const keys = [...others, key].map((one) => ({ algorithm: 'ES256', key: one }) as const)
    await expect(verifyCompact(nameless, keys, { algorithms })).resolves.toMatchObject({
      protectedHeader: { alg: 'ES256' },
    })
  })

  it('takes a JWK set', async () => {
    const keys = { keys: [key.publicJwk()] }
    const { payload } = await verifyCompact(token, keys, { algorithms })
    expect(payload).toEqual(new Uint8Array(PAYLOAD))
  })

  it('gives any payload back, whatever its bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const signed = await signCompact(bytes, {}, secret)
        const verified = await verifyCompact(signed, lookup([secret]), { algorithms })
        expect(verified.payload).toEqual(new Uint8Array(bytes))
      }),
      { numRuns: 50 },
    )
  })

  it('refuses a good token with any one character changed, added or left out', async () => {
    const letter = fc.constantFrom(...'AZaz09-_.=+/ \n'.split(''))
    const change = fc.tuple(fc.nat(token.length - 1), letter, fc.constantFrom(0, 1), fc.boolean())
    await fc.assert(
      fc.asyncProperty(change, async ([at, put, removed, adds]) => {
        const changed = token.slice(0, at) + (adds ? put : '') + token.slice(at + removed)
        fc.pre(changed !== token)
        await expect(verifyCompact(changed, lookup([key]), { algorithms })).rejects.toMatchObject({
          name: 'RequestError',
          status: 401,
        })
      }),
      { numRuns: 400 },
    )
  })

  it('refuses every other last character', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const last of letters.replace(token.slice(-1), '').split('')) {
      const changed = token.slice(0, -1) + last
      await expect(verifyCompact(changed, lookup([key]), { algorithms })).rejects.toThrow()
    }
  })

  it('looks at no token longer than maxTokenLength, and at any up to it', async () => {
    const { length } = token
    const keys = lookup([key])
    const long = { algorithms, maxTokenLength: length - 1 }
    await expect(verifyCompact(token, keys, long)).rejects.toMatchObject({
      reason: 'token_malformed',
    })
    await verifyCompact(token, keys, { algorithms, maxTokenLength: length })
  })

  it('gives a header that cannot be changed', async () => {
    const { protectedHeader } = await verifyCompact(token, lookup([key]), { algorithms })
    expect(Object.isFrozen(protectedHeader)).toBe(true)
  })

  it.each<readonly [string, object, string]>([
    ['no algorithms', {}, 'algorithms'],
    ['an empty list of algorithms', { algorithms: [] }, 'algorithms'],
    ['the algorithm none', { algorithms: ['none'] }, 'algorithms'],
    ['a maxTokenLength of 0', { algorithms, maxTokenLength: 0 }, 'maxTokenLength'],
    ['a maxTokenLength without end', { algorithms, maxTokenLength: Infinity }, 'maxTokenLength'],
    ['an option of another name', { algorithms, algorithm: 'ES256' }, 'algorithm'],
    ['no options', [], 'options'],
  ])('refuses to work with %s', async (_, options, option) => {
    const wrong = options as { algorithms: typeof algorithms }
    await expect(verifyCompact(token, lookup([key]), wrong)).rejects.toMatchObject({
      name: 'OptionError',
      option,
    })
  })

  it.each<unknown>([undefined, null, 7, {}, ['a.b.c']])('refuses %s for a token', async (wrong) => {
    await expect(
      verifyCompact(wrong as string, lookup([key]), { algorithms }),
    ).rejects.toMatchObject({
      reason: 'token_malformed',
    })
  })
})

describe('the header of a token', () => {
  it('cannot be changed for the next token with the same one', async () => {
    const own = await generateKey('ES256')
    const keys = { version: 0, find: () => [own] }
    for (const more of [{}, { note: { name: 'first' } }]) {
      const signed = await signCompact(new TextEncoder().encode('{}'), { typ: 'JWT', ...more }, own)
      const read = async (): Promise<Readonly<Record<string, unknown>>> =>
        (await verifyCompact(signed, keys, { algorithms: ['ES256'] })).protectedHeader
      const first = await read()
      expect(() => Object.assign(first, { typ: 'other' })).toThrow(TypeError)
      if (typeof first['note'] === 'object')
        Object.assign({ ...first }['note'] ?? {}, { name: 'changed' })
      expect(await read()).toMatchObject({ typ: 'JWT', ...more })
    }
  })

  it('is held to the algorithms of each call, though it is known', async () => {
    const own = await generateKey('ES256')
    const signed = await signCompact(new TextEncoder().encode('{}'), {}, own)
    const keys = { version: 0, find: () => [own] }
    await verifyCompact(signed, keys, { algorithms: ['ES256'] })
    await expect(verifyCompact(signed, keys, { algorithms: ['ES384'] })).rejects.toMatchObject({
      code: 'ERR_TOKEN_ALGORITHM',
    })
  })
})
