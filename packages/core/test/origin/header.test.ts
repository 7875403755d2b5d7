import { parseOriginHeader } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

const kind = (header: string | undefined): string => parseOriginHeader(header).kind

describe('an Origin header', () => {
  it('that is not there is absent, and neither null nor malformed', () => {
    expect(parseOriginHeader(undefined)).toEqual({ kind: 'absent' })
  })

  it('of an opaque origin is null, in this spelling alone', () => {
    expect(parseOriginHeader('null')).toEqual({ kind: 'null' })
    expect(kind('NULL')).toBe('malformed')
    expect(kind(' null')).toBe('malformed')
    expect(kind('null, null')).toBe('malformed')
  })

  it('comes in parts, in lower case, with the port that its scheme implies', () => {
    expect(parseOriginHeader('HTTPS://App.Example.COM')).toEqual({
      kind: 'origin',
      scheme: 'https',
      host: 'app.example.com',
      port: 443,
      trailingDot: false,
      text: 'https://app.example.com',
    })
    expect(parseOriginHeader('http://app.example.com')).toMatchObject({ scheme: 'http', port: 80 })
    expect(parseOriginHeader('https://app.example.com:80')).toMatchObject({
      port: 80,
      text: 'https://app.example.com:80',
    })
  })

  it('is the same origin when its default port is written out, as some native clients do', () => {
    expect(parseOriginHeader('https://a.example:443')).toMatchObject({ text: 'https://a.example' })
    expect(parseOriginHeader('http://a.example:80')).toMatchObject({ text: 'http://a.example' })
  })

  it('with a dot after the host is an origin of its own', () => {
    expect(parseOriginHeader('https://a.example.:8443')).toEqual({
      kind: 'origin',
      scheme: 'https',
      host: 'a.example.',
      port: 8443,
      trailingDot: true,
      text: 'https://a.example.:8443',
    })
    expect(kind('https://a.example..')).toBe('malformed')
    expect(kind('https://.')).toBe('malformed')
    expect(kind('https://127.0.0.1.')).toBe('malformed')
    expect(kind('https://[::1].')).toBe('malformed')
  })

  it('of an app has no port of its own accord', () => {
    expect(parseOriginHeader('capacitor://localhost')).toEqual({
      kind: 'origin',
      scheme: 'capacitor',
      host: 'localhost',
      port: undefined,
      trailingDot: false,
      text: 'capacitor://localhost',
    })
    expect(parseOriginHeader('file://')).toMatchObject({
      scheme: 'file',
      host: '',
      text: 'file://',
    })
    expect(kind('app://1.2.3')).toBe('origin')
    expect(kind('https://1.2.3')).toBe('malformed')
  })

  it('of a scheme that no pattern names is well-formed all the same', () => {
    expect(kind('wss://app.example.com')).toBe('origin')
    expect(kind('safari-web-extension://0f8a')).toBe('origin')
  })

  it.each([
    ['an empty value', ''],
    ['white space', ' '],
    ['white space before', ' https://a.example'],
    ['white space behind', 'https://a.example '],
    ['a tab within', 'https://a.exa\tmple'],
    ['a line feed behind', 'https://a.example\n'],
    ['a list', 'https://a.example, https://a.example'],
    ['a list without a space', 'https://a.example,https://a.example'],
    ['a list as RFC 6454 has it', 'https://a.example https://b.example'],
    ['a null within a list', 'https://a.example, null'],
    ['a slash', 'https://a.example/'],
    ['a path', 'https://a.example/app'],
    ['a query', 'https://a.example?x'],
    ['a fragment', 'https://a.example#x'],
    ['a user', 'https://user@a.example'],
    ['an empty user', 'https://@a.example'],
    ['a user and a password', 'https://user:pw@a.example'],
    ['a host in front of the real one', 'https://a.example@evil.example'],
    ['letters outside ASCII', 'https://bücher.example'],
    ['a letter that becomes ASCII in lower case', 'https://\u212aelvin.example'],
    ['a scheme that becomes ASCII in lower case', 'to\u212aen://a.example'],
    ['a scheme that becomes ASCII in capitals', 'http\u017f://a.example'],
    ['a soft hyphen', 'https://a\u00ad.example'],
    ['a full-width dot', 'https://a\uff0eexample'],
    ['a NUL', 'https://a.example\0'],
    ['a percent sign', 'https://a%2eexample'],
    ['a backslash', 'https://a.example\\.evil.example'],
    ['backslashes for slashes', 'https:\\\\a.example'],
    ['an empty label at the beginning', 'https://.a.example'],
    ['an empty label within', 'https://a..example'],
    ['a star', 'https://*.example'],
    ['an exclamation mark', 'https://a!.example'],
    ['a label of 64 characters', `https://${'a'.repeat(64)}.example`],
    ['a host of 254 characters', `https://${'abcdefg.'.repeat(31)}abcdef`],
    ['no host', 'https://'],
    ['no host, but a port', 'https://:443'],
    ['no scheme', 'a.example'],
    ['no scheme, but slashes', '//a.example'],
    ['an empty scheme', '://a.example'],
    ['one slash', 'https:/a.example'],
    ['no slash', 'https:a.example'],
    ['three slashes', 'https:///a.example'],
    ['a scheme that begins with a digit', '1https://a.example'],
    ['two schemes', 'https://https://a.example'],
    ['an empty port', 'https://a.example:'],
    ['a port of letters', 'https://a.example:https'],
    ['port 0', 'https://a.example:0'],
    ['a leading zero in the port', 'https://a.example:0443'],
    ['port 65536', 'https://a.example:65536'],
    ['a signed port', 'https://a.example:+443'],
    ['a port with a star', 'https://a.example:*'],
    ['two ports', 'https://a.example:443:443'],
    ['a file with a path', 'file:///etc/passwd'],
  ])('with %s is malformed', (_what, header) => {
    expect(parseOriginHeader(header)).toEqual({ kind: 'malformed' })
  })

  it.each([
    ['a label of 63 characters', `https://${'a'.repeat(63)}.example`],
    ['a host of 253 characters', `https://${'abcdefg.'.repeat(31)}abcde`],
    ['port 1', 'https://a.example:1'],
    ['port 65535', 'https://a.example:65535'],
    ['an underscore', 'https://my_app.example'],
    ['a hyphen at an edge, as browsers let pass', 'https://-a-.example'],
    ['a single label', 'http://intranet'],
    ['an A-label', 'https://xn--bcher-kva.example'],
    ['a last label that only begins with a digit', 'https://a.1e'],
    ['a last label that only looks hexadecimal', 'https://a.0xg'],
  ])('with %s is an origin', (_what, header) => {
    expect(parseOriginHeader(header)).toMatchObject({ kind: 'origin', text: header })
  })

  it.each(['0.0.0.0', '127.0.0.1', '192.168.1.20', '255.255.255.255'])(
    'on the IPv4 address %s is an origin',
    (address) => {
      expect(kind(`https://${address}`)).toBe('origin')
      expect(kind(`https://${address}:8443`)).toBe('origin')
    },
  )

  it.each([
    '127.1',
    '127.0.0.01',
    '127.0.0.256',
    '127.0.0.1.1',
    '127.0.0.0x1',
    '0177.0.0.1',
    '0x7f000001',
    '2130706433',
    'a.0x',
    'a.example.1',
    '1.2.3.',
  ])('on %s, which is no canonical IPv4 address, is malformed', (host) => {
    expect(kind(`https://${host}`)).toBe('malformed')
  })

  it.each([
    '[::]',
    '[::1]',
    '[1::]',
    '[2001:db8::1]',
    '[2001:db8:0:1:1:1:1:1]',
    '[2001:0:0:1::1]',
    '[1::2:0:0:3]',
    '[1:0:0:2::3]',
    '[1::2:3:0:0:4]',
    '[1:2:3:4:5:6:7:8]',
    '[::ffff:c000:201]',
  ])('on the IPv6 address %s is an origin', (host) => {
    expect(parseOriginHeader(`https://${host}:8443`)).toMatchObject({ host, port: 8443 })
  })

  it.each([
    '[]',
    '[:]',
    '[:::]',
    '[::1',
    '::1',
    '[::1]x',
    '[::1]]',
    '[[::1]]',
    '[::01]',
    '[2001:DB8::1]',
    '[2001:db8:0:0::1]',
    '[0:0:0:0:0:0:0:1]',
    '[1:0:0:2:0:0:0:3]',
    '[1::2:0:0:0:3]',
    '[1:0:0:2:3::4]',
    '[1::2::3]',
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7::]',
    '[::2:3:4:5:6:7:8]',
    '[::ffff:192.0.2.1]',
    '[fe80::1%25eth0]',
    '[::12345]',
    '[::g]',
    '[127.0.0.1]',
  ])('on %s, which is no canonical IPv6 address, is malformed', (host) => {
    expect(kind(`https://${host}`)).toBe('malformed')
  })

  it('that is no string, whatever a framework made of it, is malformed and not absent', () => {
    for (const value of [null, 0, false, ['https://a.example'], {}]) {
      expect(kind(value as unknown as string)).toBe('malformed')
    }
  })
})
