import { isMayflyError, OptionError, parseOriginPattern } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

function refusal(pattern: unknown): OptionError {
  try {
    parseOriginPattern(pattern as string)
  } catch (error) {
    if (error instanceof OptionError) return error
    throw error
  }
  throw new Error('The pattern was not refused.')
}

const HOST_253 = `${'abcdefg.'.repeat(31)}abcde`

/** What is refused, with a part of what is said about it, and what is accepted right beside it. */
const EDGES: readonly (readonly [string, string, string, string])[] = [
  ['a path', 'https://a.example/app', 'write "https://a.example"', 'https://a.example/'],
  ['a path behind a bare host', 'a.example/app', 'write "a.example"', 'a.example/'],
  ['two slashes at the end', 'https://a.example//', 'has a path', 'https://a.example/'],
  ['a query', 'https://a.example?x', 'write "https://a.example"', 'https://a.example'],
  ['a query behind a slash', 'https://a.example/?x', 'has a path', 'https://a.example/'],
  ['a fragment', 'https://a.example#x', 'has a query or a fragment', 'https://a.example'],
  ['a user', 'https://user@a.example', 'user name or password', 'https://user.a.example'],
  ['a password', 'user:secret@a.example', 'user name or password', 'a.example'],
  ['a space before', ' a.example', 'white space', 'a.example'],
  ['a space behind', 'a.example ', 'white space', 'a.example'],
  ['a space within', 'a.example b.example', 'an entry of its own', 'a.example'],
  ['a line feed', 'a.example\n', 'white space', 'a.example'],
  ['a no-break space', 'a.example\u00a0', 'white space', 'a.example'],
  ['a NUL', 'a.example\0', 'white space', 'a.example'],
  ['a comma', 'a.example,b.example', 'an entry of its own', 'a.example'],
  ['a percent sign', 'a%2eexample', 'a character that no host has', 'a.example'],
  ['a backslash', 'https://a.example\\b', 'a character that no host has', 'https://a.example'],
  ['ws', 'ws://a.example', 'carries the origin of the page', 'http://a.example'],
  ['wss', 'wss://a.example', 'carries the origin of the page', 'https://a.example'],
  ['another scheme', 'ftp://a.example', 'the scheme "ftp"', 'http://a.example'],
  ['a scheme of a browser', 'data://a.example', 'the scheme "data"', 'app://a.example'],
  ['an empty scheme', '://a.example', 'no scheme before', 'a.example'],
  ['a scheme without slashes', 'https:a.example', 'a bad port', 'https://a.example'],
  ['slashes without a scheme', '//a.example', 'has no host', 'a.example'],
  ['a star within a label', 'app-*.example.com', 'whole left-most label', '*.example.com'],
  ['a star at the end of a label', 'a*.example.com', 'whole left-most label', 'a.example.com'],
  ['a star that is not left-most', 'api.*.example.com', 'left-most', '*.api.example.com'],
  ['a star at the right', 'example.*', 'whole left-most label', '*.example.com'],
  ['two stars', '*.*.example.com', 'whole left-most label', '*.example.com'],
  ['a double star', '**.example.com', 'whole left-most label', '*.example.com'],
  ['a star alone behind a scheme', 'https://*', 'or stand alone', '*'],
  ['a star alone before a port', '*:443', 'or stand alone', '*'],
  ['a star for a scheme', '*://a.example', 'no scheme before', 'https://a.example'],
  ['a star on nothing', '*.', 'has no host', '*'],
  ['a wildcard on an IPv4 address', '*.192.168.1.20', 'on an IP address', '192.168.1.20'],
  ['a wildcard on a loopback address', '*.127.0.0.1', 'on an IP address', '*.localhost'],
  ['a wildcard on an IPv6 address', '*.[::1]', 'on an IP address', '[::1]'],
  ['a wildcard on a domain', '*.com', 'write "*.your-name.com"', '*.example.com'],
  ['a wildcard on a public suffix', '*.co.uk', 'a public suffix', '*.example.co.uk'],
  ['a wildcard on a private suffix', '*.github.io', 'who rents a name', '*.my-org.github.io'],
  ['a wildcard on a single label', '*.internal', '"allowSuffixes"', '*.corp.internal'],
  ['a wildcard on an app', 'capacitor://*.localhost', 'to the letter', 'capacitor://localhost'],
  ['any port of an app', 'capacitor://localhost:*', 'to the letter', 'capacitor://localhost:80'],
  ['a dot at the end', 'a.example.', 'write "a.example"', 'a.example'],
  ['a dot before the port', 'https://a.example.:443', 'a dot at its end', 'https://a.example:443'],
  ['a dot after an address', '127.0.0.1.', 'write "127.0.0.1"', '127.0.0.1'],
  ['a dot after a wildcard', '*.example.com.', 'a dot at its end', '*.example.com'],
  ['port 0', 'a.example:0', 'a bad port', 'a.example:1'],
  ['port 65536', 'a.example:65536', 'a bad port', 'a.example:65535'],
  ['a leading zero in the port', 'a.example:0443', 'leading zeros', 'a.example:443'],
  ['an empty port', 'a.example:', 'a bad port', 'a.example:*'],
  ['a port of letters', 'a.example:https', 'a bad port', 'a.example:443'],
  ['a star within a port', 'a.example:8*', 'a bad port', 'a.example:*'],
  ['two ports', 'a.example:1:2', 'more than one colon', 'a.example:1'],
  ['an empty label', 'a..example', 'two dots in a row', 'a.example'],
  ['an empty label before', '.a.example', 'two dots in a row', 'a.example'],
  ['a hyphen at the beginning', '-a.example', 'begins or ends with a hyphen', 'a-a.example'],
  ['a hyphen at the end', 'a.b-.example', 'begins or ends with a hyphen', 'a.b-b.example'],
  ['a long label', `${'a'.repeat(64)}.example`, '63 characters', `${'a'.repeat(63)}.example`],
  ['a long host', `${HOST_253}f`, '253 characters', HOST_253],
  ['a long pattern', 'a'.repeat(321), '320 characters', HOST_253],
  ['an odd character', 'a!.example', 'a character that no host has', 'a_.example'],
  ['a short IPv4 address', '127.1', 'ends in a number', '127.0.0.1'],
  ['an IPv4 address with leading zeros', '127.0.0.01', 'leading zeros', '127.0.0.1'],
  ['a host that ends in a number', 'a.example.1', 'ends in a number', 'a.example.1a'],
  ['IPv6 without brackets', '::1', 'as in "[::1]"', '[::1]'],
  ['IPv6 in capitals', '[2001:DB8::1]', 'RFC 5952', '[2001:db8::1]'],
  ['IPv6 at full length', '[0:0:0:0:0:0:0:1]', 'RFC 5952', '[::1]'],
  ['an open bracket', '[::1', 'RFC 5952', '[::1]'],
  ['a file', 'file:///index.html', 'write "file://"', 'file://'],
  ['a file with a host', 'file://a.example', 'write "file://"', 'file://'],
  ['a slash behind an app', 'app://a.example/', 'write "app://a.example"', 'app://a.example'],
  ['a path behind an app', 'app://a.example/x', 'has a path', 'app://a.example'],
  ['a bad port of an app', 'app://a.example:0', 'a bad port', 'app://a.example:1'],
  ['null in capitals', 'NULL', '"https://null"', 'null'],
  ['a host that would become null', 'null:443', '"https://null"', 'https://null:443'],
  ['a slash behind null', 'null/', '"https://null"', 'null'],
  ['full-width letters', 'ｅxample.com', 'A-labels', 'éxample.com'],
  ['a full-width dot', 'bü．example', 'A-labels', 'bü.example'],
  ['an ideographic full stop', 'bü。example', 'A-labels', 'bü.example'],
  ['full-width digits', '１２７.0.0.1', 'A-labels', '127.0.0.1'],
  ['a soft hyphen', 'exam\u00adple.com', 'A-labels', 'example.com'],
  ['a Kelvin sign', '\u212a.example', 'A-labels', 'k.example'],
  ['half of a surrogate pair', '\ud83d.example', 'A-labels', '\ud83d\udca9.example'],
  ['a sharp comma', 'bü,b.example', 'A-labels', 'bü.example'],
  ['a percent sign among letters', 'bü%2e.example', 'A-labels', 'bü.example'],
  ['an empty label among letters', 'bü..example', 'two dots in a row', 'bü.example'],
  ['a hyphen before letters', '-bü.example', 'begins or ends with a hyphen', 'b-ü.example'],
  ['a label that is long as an A-label', `${'ü'.repeat(63)}.example`, '63', 'ü.example'],
  ['nothing', '', 'is empty', 'a'],
]

describe('a pattern', () => {
  it.each(EDGES)('with %s is refused', (_what, pattern, said, accepted) => {
    const error = refusal(pattern)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'ERR_ORIGIN_PATTERN', option: 'pattern' })
    expect(error.message).toContain(said)
    expect(parseOriginPattern(accepted).text).not.toBe('')
  })

  it('that is no string is refused', () => {
    for (const value of [undefined, null, 7, ['a.example'], {}]) {
      expect(refusal(value).message).toContain('is not a string')
    }
  })

  it('is refused in sentences that say what to write instead', () => {
    for (const [what, pattern] of EDGES) {
      const { message } = refusal(pattern)
      expect(message, what).toMatch(
        /^"pattern" is not a sound origin pattern: it .*; (?:write|use|it may|check) .*\.$/,
      )
      expect(message, what).not.toContain('undefined')
      expect(message, what).not.toContain('""')
    }
  })

  it('is not repeated when it is refused: a password or a token may be in it', () => {
    expect(refusal('https://user:hunter2@a.example').message).not.toContain('hunter2')
    expect(refusal('https://a.example/?token=hunter2').message).not.toContain('hunter2')
    expect(refusal(`eyJhbGciOiJIUzI1NiJ9.${'hunter2'.repeat(12)}.x`).message).not.toContain('hunt')
    expect(refusal('hunter2 hunter2').message).not.toContain('hunter2')
  })

  it('is refused with an error of this library', () => {
    expect(isMayflyError(refusal('*.com'))).toBe(true)
  })
})
