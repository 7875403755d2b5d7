import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { Sealer } from '../../src/seal/sealer.ts'

const [OLD, NEW] = [key(), key()] as const

function key(): string {
  return randomBytes(32).toString('base64url')
}

describe('Sealer', () => {
  it('opens what it sealed, and shows nothing of it before', async () => {
    const seal = new Sealer([OLD]).purpose('token')
    const sealed = await seal.seal('the text', 'id-1')
    expect(sealed).not.toContain(Buffer.from('the text').toString('base64url'))
    expect(decodeProtectedHeader(sealed)).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    expect(await seal.open(sealed, 'id-1')).toBe('the text')
  })

  it('seals the same text differently each time', async () => {
    const seal = new Sealer([OLD]).purpose('token')
    expect(await seal.seal('text', 'id')).not.toBe(await seal.seal('text', 'id'))
  })

  it('seals with the first key, and opens what an older one sealed', async () => {
    const before = await new Sealer([OLD]).purpose('token').seal('text', 'id')
    const both = new Sealer([NEW, OLD]).purpose('token')
    expect(await both.open(before, 'id')).toBe('text')
    const after = await both.seal('text', 'id')
    expect(await new Sealer([NEW]).purpose('token').open(after, 'id')).toBe('text')
  })

  it('names the key that is missing, and none of what it has', async () => {
    const sealed = await new Sealer([OLD]).purpose('signing key').seal('text', 'id')
    const error = await new Sealer([NEW])
      .purpose('signing key')
      .open(sealed, 'id')
      .catch((thrown: unknown) => thrown)
    const { kid } = decodeProtectedHeader(sealed)
    expect(error).toMatchObject({
      code: 'ERR_SEAL_KEY_UNKNOWN',
      message: expect.stringContaining(`signing key was encrypted with the key "${kid}"`),
    })
    for (const secret of [OLD, NEW]) expect(inspect(error, { depth: 9 })).not.toContain(secret)
  })

  it('refuses what was sealed for another record, or for another purpose', async () => {
    const sealer = new Sealer([OLD])
    const sealed = await sealer.purpose('token').seal('text', 'mine')
    const broken = { code: 'ERR_SEAL_BROKEN' }
    await expect(sealer.purpose('token').open(sealed, 'yours')).rejects.toMatchObject(broken)
    await expect(sealer.purpose('signing key').open(sealed, 'mine')).rejects.toMatchObject(broken)
  })

  it('refuses what was changed anywhere', async () => {
    const seal = new Sealer([OLD]).purpose('token')
    const sealed = await seal.seal('some text', 'id')
    const parts = sealed.split('.')
    for (const [index, part] of parts.entries()) {
      if (part === '') continue
      const first = part.startsWith('A') ? 'B' : 'A'
      const changed = parts.with(index, `${first}${part.slice(1)}`).join('.')
      await expect(seal.open(changed, 'id'), `part ${index}`).rejects.toMatchObject({
        code: 'ERR_SEAL_BROKEN',
      })
    }
    for (const cut of ['', 'a.b.c.d.e', sealed.slice(0, -4)]) {
      await expect(seal.open(cut, 'id')).rejects.toMatchObject({ code: 'ERR_SEAL_BROKEN' })
    }
  })

  it('refuses another way of encrypting, even with the right key id', async () => {
    const seal = new Sealer([OLD]).purpose('token')
    const [header = '', ...rest] = (await seal.seal('text', 'id')).split('.')
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
    const other = JSON.stringify({ ...parsed, enc: 'A256CBC-HS512' })
    const forged = [Buffer.from(other).toString('base64url'), ...rest].join('.')
    await expect(seal.open(forged, 'id')).rejects.toMatchObject({ code: 'ERR_SEAL_BROKEN' })
  })

  it.each([
    ['a short key', [randomBytes(31).toString('base64url')]],
    ['a long key', [randomBytes(33).toString('base64url')]],
    ['hex', [randomBytes(32).toString('hex')]],
    ['padding', [`${OLD}=`]],
    ['a key twice', [OLD, NEW, OLD]],
    ['none', []],
  ])('refuses %s without repeating it', (_title, keys) => {
    const make = (): Sealer => new Sealer(keys)
    expect(make).toThrow(expect.objectContaining({ option: 'sealKeys' }))
    for (const secret of keys) expect(make).not.toThrow(secret)
  })

  it('shows no key when it is inspected', () => {
    const sealer = new Sealer([OLD])
    const shown = inspect(sealer, { depth: 9, showHidden: true }) + JSON.stringify(sealer)
    expect(shown).not.toContain(OLD)
    expect(shown).not.toContain(inspect(Buffer.from(OLD, 'base64url')).slice(8, 30))
  })
})
