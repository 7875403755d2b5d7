import { type OriginPattern, parseOriginPattern } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPattern, normaliseOriginPatterns } from '../../src/origin/grammar.ts'
import { dnsHost, mutated, originLike } from './arbitraries.ts'

const text = (pattern: string): string => parseOriginPattern(pattern).text

describe('the normal form of a pattern', () => {
  it.each([
    ['what is normal already', 'app.example.com', 'app.example.com'],
    ['lower case', 'HTTPS://App.Example.COM', 'https://app.example.com'],
    ['a lone slash gone', 'https://app.example.com/', 'https://app.example.com'],
    ['a lone slash behind a bare host gone', 'app.example.com/', 'app.example.com'],
    ['the default port of https gone', 'https://app.example.com:443', 'https://app.example.com'],
    ['the default port of http gone', 'http://app.example.com:80', 'http://app.example.com'],
    ['the implied port of a bare host gone', 'app.example.com:443', 'app.example.com'],
    ['another port kept', 'https://app.example.com:80', 'https://app.example.com:80'],
    ['another port of a bare host kept', 'app.example.com:80', 'app.example.com:80'],
    ['any port kept', '*.example.com:*', '*.example.com:*'],
    ['the scheme kept', 'https://localhost', 'https://localhost'],
    [
      'the port of a bare loopback host kept: without it any would do',
      'localhost:443',
      'localhost:443',
    ],
    ['the other port of a bare loopback host kept', 'localhost:80', 'localhost:80'],
    ['A-labels', 'Bücher.example', 'xn--bcher-kva.example'],
    ['A-labels under a wildcard', '*.bücher.example:8443', '*.xn--bcher-kva.example:8443'],
    ['A-labels beside other labels', 'a.straße.example', 'a.xn--strae-oqa.example'],
    ['an app scheme in lower case', 'Capacitor://LocalHost', 'capacitor://localhost'],
    ['an app scheme with its port', 'tauri://localhost:1420', 'tauri://localhost:1420'],
    ['the origin of files', 'FILE://', 'file://'],
  ])('has %s', (_what, pattern, normal) => {
    expect(text(pattern)).toBe(normal)
  })

  it('is the normal form of itself, and means the same', () => {
    const patterns = fc.oneof(
      mutated(dnsHost),
      originLike,
      dnsHost.map((host) => `*.${host}:*`),
    )
    let read = 0
    fc.assert(
      fc.property(patterns, (written) => {
        const pattern = readPattern(written, new Set())
        if ('refused' in pattern) return
        read += 1
        expect(readPattern(pattern.text, new Set())).toEqual(pattern)
      }),
      { numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(500)
  })
})

describe('a compiled pattern', () => {
  const web = {
    kind: 'web',
    text: 'app.example.com',
    host: 'app.example.com',
    wildcard: false,
    https: 443,
    http: undefined,
    guarded: false,
  }

  it.each<[string, string, object]>([
    ['means https on 443 without a scheme', 'app.example.com', web],
    ['means the port it names', 'app.example.com:8443', { https: 8443, http: undefined }],
    ['means any port if it says so', 'app.example.com:*', { https: '*', http: undefined }],
    ['means http alone if it says so', 'http://a.example', { https: undefined, http: 80 }],
    ['means one port of http', 'http://a.example:8080', { https: undefined, http: 8080 }],
    ['means http and any port on localhost', 'localhost', { https: '*', http: '*' }],
    ['means http and one port on localhost', 'localhost:5173', { https: 5173, http: 5173 }],
    ['means http below localhost', 'app.localhost', { https: '*', http: '*' }],
    ['means http for all below localhost', '*.localhost', { wildcard: true, http: '*' }],
    ['means http on all of 127.0.0.0/8', '127.200.3.4', { https: '*', http: '*' }],
    ['means http on [::1]', '[::1]', { https: '*', http: '*' }],
    ['means https on another IPv6 address', '[::2]', { https: 443, http: undefined }],
    ['means https on a mapped address', '[::ffff:7f00:1]', { https: 443, http: undefined }],
    ['means https on 128.0.0.1', '128.0.0.1', { https: 443, http: undefined }],
    ['means https on a host that only ends alike', 'notlocalhost', { http: undefined }],
    ['means https below a host called localhost', 'localhost.example', { http: undefined }],
    ['means https below a host like an address', '127.0.0.1.example', { http: undefined }],
    [
      'means https alone on localhost if it says so',
      'https://localhost',
      { https: 443, http: undefined },
    ],
    [
      'means port 80 alone on localhost if it says http',
      'http://localhost',
      { https: undefined, http: 80 },
    ],
    ['stands for a single label', 'intranet', { host: 'intranet', wildcard: false }],
    ['stands for a public suffix itself, without a wildcard', 'github.io', { host: 'github.io' }],
    ['stands for the host null with its scheme', 'https://null', { kind: 'web', host: 'null' }],
    ['has an underscore, as hosts of the web do', 'my_app.example', { host: 'my_app.example' }],
  ])('%s', (_what, pattern, parts) => {
    expect(parseOriginPattern(pattern)).toMatchObject(parts)
  })

  it.each<[string, OriginPattern]>([
    ['*', { kind: 'any', text: '*' }],
    ['null', { kind: 'null', text: 'null' }],
    ['file://', { kind: 'custom', text: 'file://' }],
    ...[
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
      'app://obsidian.md',
      'vscode-webview://1rgj8o0al6',
    ].map((each): [string, OriginPattern] => [each, { kind: 'custom', text: each }]),
  ])('of %s is matched to the letter', (pattern, compiled) => {
    expect(parseOriginPattern(pattern)).toEqual(compiled)
  })

  it('takes no options but its own', () => {
    const options = { allowSufixes: [] } as object
    expect(() => parseOriginPattern('*', options)).toThrow('Did you mean "allowSuffixes"?')
  })
})

describe('the patterns of an issuer', () => {
  it('come back in normal form, in their order, each once', () => {
    const patterns = ['https://App.example.com/', '*.example.org', 'https://app.example.com:443']
    expect(normaliseOriginPatterns(patterns)).toEqual(['https://app.example.com', '*.example.org'])
    expect(normaliseOriginPatterns('Example.com')).toEqual(['example.com'])
    expect(normaliseOriginPatterns([])).toEqual([])
    expect(patterns).toHaveLength(3)
  })

  it('are refused by their place in the list', () => {
    const refused = (): unknown => normaliseOriginPatterns(['app.example.com', '*.com'])
    expect(refused).toThrow(
      expect.objectContaining({ code: 'ERR_ORIGIN_PATTERN', option: 'origins[1]' }),
    )
  })

  it('may have a wildcard where the issuer says so', () => {
    const options = { allowSuffixes: ['internal'] }
    expect(normaliseOriginPatterns(['*.internal'], options)).toEqual(['*.internal'])
    expect(() => normaliseOriginPatterns(['*.internal'])).toThrow('allowSuffixes')
  })

  it('are at most a hundred strings in an array', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => `a${index}.example`)
    expect(normaliseOriginPatterns(hundred)).toHaveLength(100)
    expect(() => normaliseOriginPatterns([...hundred, 'b.example'])).toThrow('101 entries')
    const holes = Array.from<string>({ length: 1 })
    expect(() => normaliseOriginPatterns(holes)).toThrow('is not a string')
    expect(() => normaliseOriginPatterns({} as string[])).toThrow('must be an array of strings')
  })
})
