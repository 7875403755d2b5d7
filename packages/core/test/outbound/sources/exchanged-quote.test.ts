import { describe, expect, it } from 'vitest'
import { exchangedId } from '../../../src/outbound/sources/signed-source-id.ts'
import { quoteServer } from '../../../src/outbound/sources/exchanged-quote.ts'
import type { ExchangeRequest } from '../../../src/http/exchange.ts'

const url = new URL('https://auth.example.com/token')

function basic(password: string): ExchangeRequest {
  return { url, headers: { Authorization: `Basic ${btoa(`client:${password}`)}` } }
}

describe('quoteServer', () => {
  it('repeats plain words', () => {
    expect(quoteServer('Check your iat and exp values', { url })).toBe(
      'Check your iat and exp values',
    )
  })

  it('hides what the request was authorised by, in each of its spellings', () => {
    const bearer = { url, headers: { authorization: 'Bearer short' } }
    expect(quoteServer('not short', bearer)).toBe('not [hidden]')
    expect(quoteServer('bad s3%21cret', basic('s3%21cret'))).toBe('bad [hidden]')
    expect(quoteServer('bad s3!cret', basic('s3%21cret'))).toBe('bad [hidden]')
    for (const name of ['client_secret', 'client_assertion', 'assertion', 'refresh_token']) {
      const request = { url, body: new URLSearchParams({ [name]: 's3cret' }) }
      expect(quoteServer('bad s3cret', request)).toBe('bad [hidden]')
    }
  })

  it('hides what looks like a token, and leaves a trace id', () => {
    const token = `eyJ${'a'.repeat(40)}.eyJ${'b'.repeat(40)}.${'c'.repeat(43)}`
    expect(quoteServer(`token ${token}`, { url })).toBe('token [hidden].[hidden].[hidden]')
    const id = '123e4567-e89b-12d3-a456-426614174000'
    expect(quoteServer(`Trace ID: ${id}`, { url })).toBe(`Trace ID: ${id}`)
  })

  it('leaves queries out', () => {
    expect(quoteServer('see https://a.example/b?code=1 for more', { url })).toBe(
      'see https://a.example/b for more',
    )
  })

  it('stays on one line, and short', () => {
    expect(quoteServer('one\r\n\u001b[31mtwo', { url })).toBe('one [31mtwo')
    expect(quoteServer('ab '.repeat(200), { url })).toHaveLength(301)
  })

  it('has nothing to say of what is no text', () => {
    for (const words of [undefined, null, 7, {}, '', ' \n']) {
      expect(quoteServer(words, { url })).toBeUndefined()
    }
  })
})

describe('exchangedId', () => {
  const SECRET = 'x'.repeat(20)

  it('follows the secret and all parts, and shows none of them', () => {
    const id = exchangedId('test', ['client'], SECRET)
    expect(exchangedId('test', ['client'], SECRET)).toBe(id)
    expect(exchangedId('test', ['other'], SECRET)).not.toBe(id)
    expect(exchangedId('test', ['client'], `${SECRET}y`)).not.toBe(id)
    expect(id).toMatch(/^test:[\w-]{43}$/)
  })

  it('shares nothing where the secret is short enough to be guessed', () => {
    const short = SECRET.slice(1)
    expect(exchangedId('test', [], short)).not.toBe(exchangedId('test', [], short))
  })
})
