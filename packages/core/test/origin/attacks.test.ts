import { checkOrigin, compileOriginPatterns } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

const strictest = compileOriginPatterns(['app.example.com', '*.example.org'])
const everybody = compileOriginPatterns('*', { allowNullOrigin: true, missingOrigin: 'allow' })
const intoHeader = (origin: string): unknown => checkOrigin(strictest, origin)

describe('attack: null taken for missing', () => {
  it('an opaque origin is denied where a missing header would be allowed', () => {
    expect(checkOrigin(strictest, undefined)).toEqual({ allowed: true })
    expect(checkOrigin(strictest, 'null')).toMatchObject({ status: 403, reason: 'origin_null' })
  })

  it('the pattern null in a token does not open the verifier to opaque origins', () => {
    const compiled = compileOriginPatterns(['null', 'app.example.com'])
    expect(checkOrigin(compiled, 'null')).toMatchObject({ status: 403, reason: 'origin_null' })
  })

  it('a header that is null in JavaScript is neither missing nor opaque', () => {
    expect(checkOrigin(everybody, null as unknown as undefined)).toMatchObject({ status: 400 })
  })
})

describe('attack: malformed taken for missing', () => {
  it.each(['', ' ', ',', '/', 'undefined', 'NULL', 'about:blank', 'https://', 'https://*', '\0'])(
    '"%s" is denied with 400 even where any origin and none at all would be allowed',
    (header) => {
      expect(checkOrigin(everybody, undefined)).toEqual({ allowed: true })
      expect(checkOrigin(everybody, header)).toEqual({
        allowed: false,
        status: 400,
        reason: 'origin_malformed',
      })
    },
  )

  it('two Origin headers, joined by Node, are malformed whichever comes first', () => {
    const malformed = { status: 400, reason: 'origin_malformed' }
    expect(intoHeader('https://app.example.com, https://evil.example')).toMatchObject(malformed)
    expect(intoHeader('https://evil.example, https://app.example.com')).toMatchObject(malformed)
    expect(intoHeader('https://app.example.com, https://app.example.com')).toMatchObject(malformed)
  })
})

describe('attack: a host that only looks like an admitted one', () => {
  it.each([
    'https://app.example.com.evil.example',
    'https://app.example.com-evil.example',
    'https://evilapp.example.com',
    'https://xapp.example.com',
    'https://example.com',
    'https://evilexample.org',
    'https://example.org',
    'https://a.example.org.evil.example',
    'https://a-example.org',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://xn--pp-example-com',
  ])('%s is denied with 403', (origin) => {
    expect(intoHeader(origin)).toMatchObject({ status: 403, reason: 'origin_mismatch' })
  })

  it.each([
    'https://app.example.com@evil.example',
    'https://evil.example#app.example.com',
    'https://evil.example/app.example.com',
    'https://evil.example?.example.org',
    'https://evil.example\\.example.org',
    'https://evil.example%2f.example.org',
    'https://evil.example%00.example.org',
    'https://evil.example\0.example.org',
    'https://evil.example .example.org',
    'https://app.example.com:443@evil.example',
    'https://app.example.com\u3002evil.example',
    'https://.example.org',
    'https://a..example.org',
    'https://*.example.org',
  ])('%j is denied with 400', (origin) => {
    expect(intoHeader(origin)).toMatchObject({ status: 400, reason: 'origin_malformed' })
  })
})

describe('attack: a pattern that admits strangers', () => {
  it.each([
    ['*.com', 'https://evil.com'],
    ['*.co.uk', 'https://evil.co.uk'],
    ['*.github.io', 'https://evil.github.io'],
    ['https://*.pages.dev', 'https://evil.pages.dev'],
    ['*.web.app:*', 'https://evil.web.app:8443'],
    ['https://*', 'https://evil.example'],
    ['*.', 'https://evil.example'],
    ['*.*', 'https://evil.example'],
    ['*.*.example', 'https://a.evil.example'],
    ['e*.example', 'https://evil.example'],
    ['*example', 'https://evilexample'],
    ['.*', 'https://evil.example'],
    ['/.*/', 'https://evil.example'],
    ['[a-z]+.example', 'https://evil.example'],
    ['*.0.0.1', 'https://127.0.0.1'],
    ['*:*', 'https://evil.example'],
    ['*/', 'https://evil.example'],
    [' *', 'https://evil.example'],
    ['', 'https://evil.example'],
  ])('%j in a signed token does not admit %s', (pattern, origin) => {
    const compiled = compileOriginPatterns(pattern)
    expect(compiled.patterns).toEqual([])
    expect(checkOrigin(compiled, origin)).toMatchObject({ reason: 'origin_mismatch' })
  })

  it('a claim that is no string or list of strings admits nobody', () => {
    for (const claim of [null, 0, true, { 0: '*' }, [['*']], [{ toString: () => '*' }]]) {
      expect(checkOrigin(compileOriginPatterns(claim), 'https://evil.example').allowed).toBe(false)
    }
  })
})

describe('attack: a WebSocket from a foreign page', () => {
  it('is denied by the page’s origin, which no preflight guarded', () => {
    expect(intoHeader('https://evil.example')).toMatchObject({ status: 403 })
    expect(intoHeader('https://app.example.com')).toEqual({ allowed: true })
  })

  it('is not admitted by a pattern for the socket’s own address', () => {
    const compiled = compileOriginPatterns(['wss://app.example.com', 'ws://app.example.com'])
    expect(checkOrigin(compiled, 'https://app.example.com').allowed).toBe(false)
    expect(checkOrigin(compiled, 'wss://app.example.com').allowed).toBe(false)
  })
})
