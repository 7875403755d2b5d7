import { describe, expect, it } from 'vitest'
import { entryKey } from '../../src/cache/entry-key.ts'

const credential = { property: 'clientSecret', text: 'secret', isSecret: true }
const settings = { clientId: 'me', scope: ['a'] }

describe('the key of a cached token', () => {
  it('is the same for the same command line, in whatever order', async () => {
    const key = await entryKey('jwt', settings, credential)
    const again = await entryKey('jwt', { scope: ['a'], clientId: 'me' }, credential)
    expect(again).toEqual(key)
    expect(key.secret).toHaveLength(32)
  })

  it.each([
    ['another vendor', entryKey('apns', settings, credential)],
    ['another option', entryKey('jwt', { ...settings, scope: ['b'] }, credential)],
    ['another secret', entryKey('jwt', settings, { ...credential, text: 'other' })],
    ['a key instead', entryKey('jwt', settings, { ...credential, isSecret: false })],
    ['another use of it', entryKey('jwt', settings, { ...credential, property: 'key' })],
    ['another version of the program', entryKey('jwt', settings, credential, '9.9.9')],
  ])('is another for %s', async (_, made) => {
    const key = await entryKey('jwt', settings, credential)
    const other = await made
    expect(other.name).not.toBe(key.name)
    expect(other.secret).not.toEqual(key.secret)
  })

  it('tells nothing of the secret, in its id or its name', async () => {
    const { id } = await entryKey('jwt', settings, credential)
    const other = await entryKey('jwt', settings, { ...credential, text: 'other' })
    expect(other.id).toBe(id)
  })
})
