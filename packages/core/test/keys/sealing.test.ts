import { generateSealingKey, Sealing, SealingError } from '@mayfly/core/grants'
import { flattenedDecrypt, type FlattenedJWE } from 'jose'
import { describe, expect, it } from 'vitest'

const named = (keyId: string, byte: number) => ({ keyId, key: new Uint8Array(32).fill(byte) })

describe('sealing', () => {
  it('opens what it sealed, for its name alone', async () => {
    const sealing = new Sealing([generateSealingKey()])
    const sealed = await sealing.seal('a secret é', 'one')
    expect(sealed).not.toContain('secret')
    expect(await sealing.open(sealed, 'one')).toBe('a secret é')
    await expect(sealing.open(sealed, 'two')).rejects.toMatchObject({ code: 'ERR_SEALING_BROKEN' })
    expect(await sealing.seal('a secret é', 'one')).not.toBe(sealed)
  })

  it('takes nothing that was changed', async () => {
    const sealing = new Sealing([generateSealingKey()])
    const sealed = JSON.parse(await sealing.seal('a secret', 'one')) as FlattenedJWE
    const changes = [{ iv: 'AAAAAAAAAAAAAAAA' }, { ciphertext: 'AAAA' }, { tag: 'A'.repeat(22) }]
    for (const change of [...changes, { protected: 'e30' }, { protected: '?' }]) {
      const opening = sealing.open(JSON.stringify({ ...sealed, ...change }), 'one')
      await expect(opening).rejects.toBeInstanceOf(SealingError)
    }
    for (const text of ['', 'null', '{}', '[]']) {
      await expect(sealing.open(text, 'one')).rejects.toMatchObject({ code: 'ERR_SEALING_BROKEN' })
    }
  })

  it('changes keys in two steps, and names a key that it does not know', async () => {
    const [old, young] = [named('old', 1), named('young', 2)]
    const sealing = new Sealing([old])
    const before = await sealing.seal('x', 'one')
    sealing.replaceKeys([old, young])
    expect(await sealing.isCurrent(before)).toBe(true)
    sealing.replaceKeys([young, old])
    expect(await sealing.isCurrent(before)).toBe(false)
    expect(await sealing.open(before, 'one')).toBe('x')
    sealing.replaceKeys([young])
    const opening = sealing.open(before, 'one')
    await expect(opening).rejects.toThrow(/the key "old"/)
    await expect(opening).rejects.toMatchObject({ code: 'ERR_SEALING_KEY_UNKNOWN' })
  })

  it('is JWE with dir and A256GCM, and no use to whoever has the key of another name', async () => {
    const key = named('k', 7)
    const sealed = JSON.parse(await new Sealing([key]).seal('x', 'one')) as FlattenedJWE
    const header = Buffer.from(sealed.protected ?? '', 'base64url').toString()
    expect(JSON.parse(header)).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'k' })
    const aad = Buffer.from('one').toString('base64url')
    await expect(flattenedDecrypt({ ...sealed, aad }, key.key)).rejects.toThrow()
  })

  it('refuses what is no key, by the option’s name', () => {
    const wrong: unknown[] = [
      [],
      ['short'],
      [{ keyId: '', key: new Uint8Array(32) }],
      [named('a', 1), named('a', 2)],
      'text',
      undefined,
    ]
    for (const keys of wrong) {
      expect(() => new Sealing(keys as never, 'keys')).toThrow(
        expect.objectContaining({ option: 'keys' }),
      )
    }
  })
})
