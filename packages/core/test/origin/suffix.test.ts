import { checkOrigin, compileOriginPatterns, parseOriginPattern } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

function allowed(pattern: string, origin: string, allowSuffixes?: readonly string[]): boolean {
  const options = allowSuffixes === undefined ? undefined : { allowSuffixes }
  return checkOrigin(compileOriginPatterns(pattern, options), origin).allowed
}

describe('a wildcard', () => {
  it.each([
    ['com', 'a registry'],
    ['co.uk', 'a registry, two labels'],
    ['uk', 'a country'],
    ['dev', 'a newer domain'],
    ['github.io', 'the private section'],
    ['vercel.app', 'the private section'],
    ['s3.amazonaws.com', 'the private section, three labels'],
    ['ck', 'a domain whose rule is *.ck'],
    ['anything.ck', 'the rule *.ck'],
    ['kawasaki.jp', 'a domain whose rule is *.kawasaki.jp'],
    ['compute.amazonaws.com', 'a domain whose rule is *.compute.amazonaws.com'],
    ['us-east-1.compute.amazonaws.com', 'the rule *.compute.amazonaws.com'],
    ['xn--p1ai', 'a suffix in A-labels'],
    ['рф', 'the same suffix in letters'],
    ['xn--55qx5d.cn', 'two labels in A-labels'],
    ['公司.cn', 'the same in letters'],
    ['GitHub.io', 'capitals'],
    ['home.arpa', 'a name for homes'],
  ])('on %s is refused: %s', (host) => {
    expect(() => parseOriginPattern(`*.${host}`)).toThrow('a public suffix')
    expect(() => parseOriginPattern(`https://*.${host}:8443`)).toThrow('a public suffix')
  })

  it.each([
    ['example.com', 'below a registry'],
    ['my-org.github.io', 'below the private section'],
    ['www.ck', 'the exception !www.ck'],
    ['city.kawasaki.jp', 'the exception !city.kawasaki.jp'],
    ['a.anything.ck', 'below the rule *.ck'],
    ['ec2-1.us-east-1.compute.amazonaws.com', 'below the rule *.compute.amazonaws.com'],
    ['corp.example', 'below a domain that is not on the list'],
    ['corp.internal', 'below a domain that is not on the list'],
    ['example.рф', 'below a suffix in letters'],
    ['app.localhost', 'below localhost'],
    ['localhost', 'localhost, below which all names are this machine'],
  ])('on %s is accepted: %s', (host) => {
    expect(parseOriginPattern(`*.${host}`)).toMatchObject({ wildcard: true })
  })

  it.each(['internal', 'corp', 'lan', 'example', 'intranet'])(
    'on the single label %s is refused until allowSuffixes names it',
    (host) => {
      expect(() => parseOriginPattern(`*.${host}`)).toThrow('the single label')
      expect(allowed(`*.${host}`, `https://wiki.${host}`)).toBe(false)
      expect(allowed(`*.${host}`, `https://wiki.${host}`, [host])).toBe(true)
      expect(allowed(`*.${host}`, `https://a.wiki.${host}`, [host])).toBe(true)
      expect(allowed(`*.${host}`, `https://${host}`, [host])).toBe(false)
      expect(allowed(`*.${host}`, `https://wiki.${host}`, ['other'])).toBe(false)
    },
  )

  it('ends at a public suffix further down, where the names belong to strangers', () => {
    expect(allowed('*.amazonaws.com', 'https://console.amazonaws.com')).toBe(true)
    expect(allowed('*.amazonaws.com', 'https://attacker.s3.amazonaws.com')).toBe(false)
    expect(allowed('*.amazonaws.com', 'https://s3.amazonaws.com')).toBe(false)
    expect(allowed('*.my-org.github.io', 'https://a.b.my-org.github.io')).toBe(true)
  })
})

describe('allowSuffixes', () => {
  it('lets a wildcard stand on a suffix that is rented out', () => {
    expect(allowed('*.vercel.app', 'https://preview-1.vercel.app', ['vercel.app'])).toBe(true)
    expect(allowed('*.home.arpa', 'https://nas.home.arpa', ['home.arpa'])).toBe(true)
    const compute = 'compute.amazonaws.com'
    expect(allowed(`*.${compute}`, `https://ec2-1.us-east-1.${compute}`, [compute])).toBe(true)
  })

  it('is what a refusal speaks of, where it can help', () => {
    expect(() => parseOriginPattern('*.vercel.app')).toThrow('name "vercel.app" in "allowSuffixes"')
    expect(() => parseOriginPattern('*.home.arpa')).toThrow('name "home.arpa" in "allowSuffixes"')
    expect(() => parseOriginPattern('*.com')).not.toThrow('allowSuffixes')
  })

  it('names one suffix and none below or above it', () => {
    expect(allowed('*.eu.internal', 'https://a.eu.internal', ['internal'])).toBe(true)
    expect(allowed('*.vercel.app', 'https://a.vercel.app', ['app'.repeat(2)])).toBe(false)
    expect(allowed('*.internal', 'https://a.internal', ['eu.internal'])).toBe(false)
  })

  it('takes a name in capitals or letters for the same name', () => {
    expect(allowed('*.internal', 'https://a.internal', ['INTERNAL'])).toBe(true)
    expect(allowed('*.büro', 'https://a.xn--bro-hoa', ['büro'])).toBe(true)
  })

  it.each(['com', 'co.uk', 'ck', 'xn--p1ai', 'рф'])('never names the registry %s', (suffix) => {
    expect(() => compileOriginPatterns('a.example', { allowSuffixes: [suffix] })).toThrow(
      'anybody can register',
    )
  })

  it.each(['*.internal', '', '.internal', 'internal.', '10.0.0.1', '[::1]', 'a b', 'ｉnternal'])(
    'refuses "%s", which is no plain name',
    (suffix) => {
      expect(() => compileOriginPatterns('a.example', { allowSuffixes: [suffix] })).toThrow(
        '"allowSuffixes[0]" must be a plain name',
      )
    },
  )

  it('is a short array of strings, and is copied', () => {
    const compile = (allowSuffixes: unknown): unknown =>
      compileOriginPatterns('a.example', { allowSuffixes: allowSuffixes as string[] })
    expect(() => compile('internal')).toThrow('"allowSuffixes" must be an array')
    expect(() => compile([7])).toThrow('"allowSuffixes[0]" must be a string, not 7')
    expect(() => compile(Array.from({ length: 101 }, () => 'internal'))).toThrow('at most 100')
    expect(compile(Array.from({ length: 100 }, () => 'internal'))).toBeDefined()
  })
})
