import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBreak } from '../../src/inspect/json-scanner.ts'
import { readPaste } from '../../src/inspect/paste.ts'
import { readToken } from '../../src/inspect/read-token.ts'
import { write } from './support/tokens.ts'

const GOOD = write({ alg: 'HS256', typ: 'JWT' }, { sub: 'alice', exp: 1_700_000_000 })
const [HEADER = '', PAYLOAD = '', SIGNATURE = ''] = GOOD.split('.')

function b64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64url')
}

function faultsOf(token: string): string {
  return readToken(token)
    .faults.map(({ message }) => message)
    .join(' ')
}

describe('a token that is well written', () => {
  it('is read without a complaint', () => {
    expect(readToken(GOOD)).toMatchObject({
      form: 'jws',
      header: { alg: 'HS256' },
      payload: { sub: 'alice' },
      faults: [],
    })
  })
})

describe('a token that is badly written', () => {
  it.each([
    ['padding', `${b64('{"alg":"HS256" }')}=.${PAYLOAD}.${SIGNATURE}`, 'The header ends in "="'],
    [
      'base64',
      `${HEADER}.${b64('{"a":"???>>>"}').replace('_', '/')}.${SIGNATURE}`,
      '"/" at its character',
    ],
    [
      'a stray character',
      `${HEADER}.${PAYLOAD}.${SIGNATURE}!`,
      'The signature has "!" at its character 44',
    ],
    [
      'a missing character',
      `${HEADER}.${b64('{"a":12}').slice(0, -2)}.${SIGNATURE}`,
      'characters, which base64url never has',
    ],
    [
      'a lost end',
      `${HEADER}.${PAYLOAD}.${SIGNATURE.slice(0, 20)}`,
      'has 15 bytes; HS256 makes 32',
    ],
    ['no signature', `${HEADER}.${PAYLOAD}`, 'two parts: the signature is missing'],
    ['an empty signature', `${HEADER}.${PAYLOAD}.`, 'nothing stands after the last dot'],
    ['a header alone', HEADER, 'has one part'],
    ['alg none', `${b64('{"alg":"none"}')}.${PAYLOAD}.`, 'anybody can make such a token'],
    ['an ellipsis', `${HEADER}...${SIGNATURE}`, 'its middle was cut out'],
    ['another ellipsis', `${HEADER.slice(0, 10)}…${SIGNATURE}`, 'its middle was cut out'],
    ['four parts', 'a.b.c.d', 'has 4 parts'],
    [
      'a broken header',
      `${b64('{"alg":HS256}')}.${PAYLOAD}.${SIGNATURE}`,
      'character 8, "H", does not fit after',
    ],
    [
      'a header that stops',
      `${b64('{"alg":"HS256"')}.${PAYLOAD}.${SIGNATURE}`,
      'stops before its end',
    ],
    ['a payload that is a list', `${HEADER}.${b64('[1]')}.${SIGNATURE}`, 'The payload is an array'],
    ['a payload that is text', `${HEADER}.${b64('hello')}.${SIGNATURE}`, 'The payload is no JSON'],
    ['an empty payload', `${HEADER}.${b64('')}x.${SIGNATURE}`, 'The payload'],
    ['bytes', `${HEADER}.${b64(Uint8Array.of(0xff, 0xfe))}.${SIGNATURE}`, 'is not UTF-8'],
    ['a mark', `${HEADER}.${b64('\uFEFF{}')}.${SIGNATURE}`, 'byte order mark'],
    [
      'a name said twice',
      `${HEADER}.${b64('{"a":{"sub":1},"sub":2,"sub":3}')}.${SIGNATURE}`,
      'names "sub" twice',
    ],
    ['JSON', '{"payload":"x","signatures":[]}', 'JSON serialisation'],
    ['nothing', '', 'The token is empty'],
    [
      'too much',
      `${HEADER}.${b64(JSON.stringify({ a: 'x'.repeat(9300) }))}.${SIGNATURE}`,
      'many servers stop at 12288',
    ],
  ])('is told so: %s', (_, token, expected) => {
    expect(faultsOf(token)).toContain(expected)
  })

  it('shows a DER signature for what it is', () => {
    const header = b64('{"alg":"ES256"}')
    const der = Buffer.alloc(70, 1)
    der[0] = 0x30
    der[1] = 68
    expect(faultsOf(`${header}.${PAYLOAD}.${b64(der)}`)).toContain('is in DER')
  })

  it('shows an encrypted one for what it is', () => {
    const header = b64('{"alg":"dir","enc":"A256GCM"}')
    const { form, faults } = readToken(`${header}..aaaa.bbbb.cccc`)
    expect(form).toBe('jwe')
    expect(faults[0]?.message).toContain('encrypted (JWE)')
  })

  it('does not take the same name in two objects for a repetition', () => {
    expect(
      faultsOf(`${HEADER}.${b64('{"a":{"x":1},"b":[{"x":1},{"x":"\\":"}]}')}.${SIGNATURE}`),
    ).toBe('')
  })

  it('never makes it throw', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (parts) => {
        expect(readToken(parts.join('.')).form).toMatch(/^(?:jws|jwe|opaque)$/)
        expect(readToken(parts.map((part) => b64(part)).join('.')).form).toMatch(/./)
      }),
    )
  })
})

describe('a token that is opaque', () => {
  it.each([
    ['ghs_16C7e42F292c6912E7710c838347Ae178B4a', 'GitHub App'],
    ['ya29.a0AfH6SMBx.yz', 'Google access token'],
    ['-----BEGIN PRIVATE KEY-----', 'key in PEM'],
  ])('is known by how it begins: %s', (token, kind) => {
    const read = readToken(token)
    expect(read).toMatchObject({ form: 'opaque', faults: [] })
    expect(read.kind).toContain(kind)
  })
})

describe('the place where JSON breaks', () => {
  it('is the end for JSON itself, and never further than the first change', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, seed) => {
        expect(findBreak(text)).toBe(text.length)
        const at = seed % (text.length + 1)
        const broken = `${text.slice(0, at)}\u0001`
        expect(findBreak(broken)).toBeLessThanOrEqual(at)
      }),
    )
  })
})

describe('what was pasted', () => {
  it.each([
    ['a line end behind it', `${GOOD}\n`, 0],
    ['a scheme', `Bearer ${GOOD}`, 1],
    ['a header', `Authorization: bearer ${GOOD}`, 2],
    ['a curl option', `-H 'Authorization: Bearer ${GOOD}'`, 3],
    ['quotes', `"${GOOD}",`, 1],
    ['curly quotes', `“${GOOD}”`, 1],
    ['a JSON answer', JSON.stringify({ access_token: GOOD, expires_in: 3600 }), 1],
    ['an address', `https://example.com/cb?x=1&access_token=${GOOD}&state=2`, 1],
    ['line ends within', `${GOOD.slice(0, 30)}\r\n  ${GOOD.slice(30, 90)}\n${GOOD.slice(90)}`, 1],
    ['a byte order mark', `\uFEFF${GOOD}`, 0],
    ['invisible characters', `${GOOD.slice(0, 9)}\u200B${GOOD.slice(9)}`, 1],
  ])('is made a token again: %s', (_, raw, notes) => {
    const paste = readPaste(raw)
    expect(paste.token).toBe(GOOD)
    expect(paste.notes).toHaveLength(notes)
    expect(readToken(paste.token).faults).toEqual([])
  })

  it('is never repeated in the notes', () => {
    const { notes } = readPaste(`Bearer "${GOOD}"`)
    expect(notes.join(' ')).not.toContain('eyJ')
  })
})
