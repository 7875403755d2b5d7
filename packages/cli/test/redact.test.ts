import { describe, expect, it } from 'vitest'
import { redact } from '../src/redact.ts'

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('what goes to a terminal', () => {
  it.each([
    [`Authorization: Bearer ${TOKEN}, and more`, 'Authorization: Bearer [token], and more'],
    [`${TOKEN}${TOKEN}`, '[token]'],
    ['eyJhbGciOiJub25lIn0.', '[token]'],
    ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nx', '[key]\nx'],
    ['-----BEGIN EC PRIVATE KEY-----\nabc', '[key]'],
    ['two\nlines', 'two\nlines'],
    ['\u001b[31mred\u0007\r\u009b1m', ' [31mred   1m'],
    ['the key ABC and eyJ alone', 'the key ABC and eyJ alone'],
  ])('has no token, no key and no controls: %j', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })
})
