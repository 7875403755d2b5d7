import {
  checkOrigin,
  compileOriginPatterns,
  type OriginContext,
  type OriginOptions,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'

/** `'allowed'`, or status and reason. */
function verdict(
  patterns: unknown,
  origin: string | undefined,
  more: { readonly options?: OriginOptions; readonly context?: OriginContext } = {},
): string {
  const checked = checkOrigin(compileOriginPatterns(patterns, more.options), origin, more.context)
  return checked.allowed ? 'allowed' : `${checked.status} ${checked.reason}`
}

const MISMATCH = '403 origin_mismatch'
const UNPROVABLE = '403 origin_unprovable'

describe('an origin', () => {
  it.each([
    ['localhost', 'http://localhost:3000', 'allowed'],
    ['localhost', 'https://app.localhost', MISMATCH],
    ['*.localhost', 'http://app.localhost:3000', 'allowed'],
    ['*.localhost', 'http://localhost:3000', MISMATCH],
    ['localhost:5173', 'http://localhost:5173', 'allowed'],
    ['localhost:5173', 'https://localhost:5173', 'allowed'],
    ['localhost:5173', 'http://localhost:3000', MISMATCH],
    ['localhost:443', 'http://localhost:3000', MISMATCH],
    ['http://localhost', 'http://localhost', 'allowed'],
    ['http://localhost', 'http://localhost:3000', MISMATCH],
    ['https://localhost', 'http://localhost', MISMATCH],
    ['http://localhost:*', 'http://localhost:3000', 'allowed'],
    ['http://localhost:*', 'https://localhost:3000', MISMATCH],
    ['localhost', 'http://[::1]:3000', MISMATCH],
    ['[::1]', 'http://127.0.0.1', MISMATCH],
    ['127.0.0.1', 'http://127.0.0.2', MISMATCH],
    ['192.168.1.20', 'http://192.168.1.20', MISMATCH],
    ['app.example.com:*', 'https://app.example.com:8443', 'allowed'],
    ['app.example.com:*', 'https://app.example.com', 'allowed'],
    ['app.example.com:*', 'http://app.example.com', MISMATCH],
    ['app.example.com:*', 'https://app.example.com:*', '400 origin_malformed'],
    ['http://localhost:*', 'http://localhost:*', '400 origin_malformed'],
    ['*.example.com:8443', 'https://a.example.com:8443', 'allowed'],
    ['*.example.com:8443', 'https://a.example.com', MISMATCH],
    ['http://*.example.com', 'http://a.example.com', 'allowed'],
    ['http://*.example.com', 'https://a.example.com', MISMATCH],
    ['app.example.com:80', 'http://app.example.com', MISMATCH],
    ['app.example.com:80', 'https://app.example.com:80', 'allowed'],
    ['app.example.com', 'https://app.example.com:443', 'allowed'],
    ['app.example.com', 'wss://app.example.com', MISMATCH],
    ['app.example.com', 'app://app.example.com', MISMATCH],
    ['capacitor://localhost', 'ionic://localhost', MISMATCH],
    ['capacitor://localhost', 'capacitor://localhost:80', MISMATCH],
    ['capacitor://localhost', 'http://localhost', MISMATCH],
    ['localhost', 'capacitor://localhost', MISMATCH],
    ['file://', 'null', '403 origin_null'],
    ['file://', 'app://index.html', MISMATCH],
    ['*', 'capacitor://localhost', 'allowed'],
    ['*', 'file://', 'allowed'],
    ['*', 'wss://anything.example', 'allowed'],
    ['*', 'https://anything.example.', 'allowed'],
    ['*', 'https://anything.example/', '400 origin_malformed'],
    ['*', '', '400 origin_malformed'],
  ])('for %s: %s is %s', (pattern, origin, expected) => {
    expect(verdict(pattern, origin)).toBe(expected)
  })

  it('with a dot after its host is denied with a reason of its own', () => {
    const reason = '403 origin_trailing_dot'
    expect(verdict('app.example.com', 'https://app.example.com.')).toBe(reason)
    expect(verdict('*.example.com', 'https://app.example.com.')).toBe(reason)
    expect(verdict('localhost', 'http://localhost.:3000')).toBe(reason)
    expect(verdict('app.example.com.', 'https://app.example.com.')).toBe(reason)
    expect(verdict('other.example', 'https://app.example.com.')).toBe(reason)
  })

  it('is denied by an empty list, and by a list of refused patterns', () => {
    expect(verdict([], 'https://app.example.com')).toBe(MISMATCH)
    expect(verdict(undefined, 'https://app.example.com')).toBe(MISMATCH)
    expect(verdict(['*.com', 'https://app.example.com/x'], 'https://app.example.com')).toBe(
      MISMATCH,
    )
  })

  it('is allowed by any one of the patterns, refused ones between them', () => {
    expect(verdict(['*.com', '', 'app.example.com'], 'https://app.example.com')).toBe('allowed')
  })
})

describe('the opaque origin', () => {
  const options = { allowNullOrigin: true }

  it('needs both the pattern and the option', () => {
    expect(verdict('null', 'null')).toBe('403 origin_null')
    expect(verdict('app.example.com', 'null', { options })).toBe('403 origin_null')
    expect(verdict(['app.example.com', 'null'], 'null', { options })).toBe('allowed')
  })

  it('is not the host of that name, nor the other way round', () => {
    expect(verdict('https://null', 'null', { options })).toBe('403 origin_null')
    expect(verdict('null', 'https://null', { options })).toBe(MISMATCH)
  })
})

describe('a request without an Origin header', () => {
  const denied: OriginOptions = { missingOrigin: 'deny' }
  const fetchMetadata: OriginOptions = { missingOrigin: 'fetch-metadata' }

  it('is allowed by default, whatever the browser says of a token in a header', () => {
    expect(verdict('app.example.com', undefined)).toBe('allowed')
    expect(verdict([], undefined)).toBe('allowed')
    for (const secFetchSite of ['cross-site', 'same-site', 'same-origin', 'none']) {
      expect(verdict('app.example.com', undefined, { context: { secFetchSite } })).toBe('allowed')
    }
  })

  it.each(['query', 'cookie', 'body'] as const)(
    'is denied when another site made it and the token came by %s, even under "allow"',
    (tokenFrom) => {
      const by = (secFetchSite?: string): string =>
        verdict('app.example.com', undefined, { context: { tokenFrom, secFetchSite } })
      expect(by('cross-site')).toBe(UNPROVABLE)
      expect(by('same-site')).toBe(UNPROVABLE)
      expect(by('same-origin')).toBe('allowed')
      expect(by('none')).toBe('allowed')
      expect(by(undefined)).toBe('allowed')
      expect(by('')).toBe(UNPROVABLE)
      expect(by('none, cross-site')).toBe(UNPROVABLE)
    },
  )

  it('is denied for the pattern * too when another site made it: nobody knows who asks', () => {
    const context: OriginContext = { tokenFrom: 'cookie', secFetchSite: 'cross-site' }
    expect(verdict('*', undefined, { context })).toBe(UNPROVABLE)
  })

  it('is denied under "deny", for every pattern and place', () => {
    expect(verdict('*', undefined, { options: denied })).toBe('403 origin_required')
    const context: OriginContext = { tokenFrom: 'query', secFetchSite: 'cross-site' }
    expect(verdict('a.example', undefined, { options: denied, context })).toBe(
      '403 origin_required',
    )
    const own: OriginContext = { secFetchSite: 'same-origin', selfOrigin: 'https://a.example' }
    expect(verdict('a.example', undefined, { options: denied, context: own })).toBe(
      '403 origin_required',
    )
  })

  it.each([
    ['no browser', {}, 'allowed'],
    ['no browser, token by query', { tokenFrom: 'query' }, 'allowed'],
    ['own page', { secFetchSite: 'same-origin', selfOrigin: 'https://a.example' }, 'allowed'],
    [
      'own page elsewhere',
      { secFetchSite: 'same-origin', selfOrigin: 'https://b.example' },
      MISMATCH,
    ],
    ['own page, own origin unknown', { secFetchSite: 'same-origin' }, UNPROVABLE],
    ['own page, own origin null', { secFetchSite: 'same-origin', selfOrigin: 'null' }, UNPROVABLE],
    [
      'own page, own origin no origin',
      { secFetchSite: 'same-origin', selfOrigin: 'a.example' },
      UNPROVABLE,
    ],
    ['same site', { secFetchSite: 'same-site', selfOrigin: 'https://a.example' }, UNPROVABLE],
    ['cross site', { secFetchSite: 'cross-site', selfOrigin: 'https://a.example' }, UNPROVABLE],
    ['typed address', { secFetchSite: 'none', selfOrigin: 'https://a.example' }, UNPROVABLE],
    ['unknown word', { secFetchSite: 'Same-Origin', selfOrigin: 'https://a.example' }, UNPROVABLE],
    ['empty word', { secFetchSite: '' }, UNPROVABLE],
  ] satisfies readonly (readonly [string, OriginContext, string])[])(
    'is judged by Fetch Metadata: %s',
    (_what, context, expected) => {
      expect(verdict('a.example', undefined, { options: fetchMetadata, context })).toBe(expected)
    },
  )

  it('does not let the policy for missing headers decide about a header that is there', () => {
    for (const missingOrigin of ['allow', 'deny', 'fetch-metadata'] as const) {
      const more = { options: { missingOrigin } }
      expect(verdict('a.example', 'https://a.example', more)).toBe('allowed')
      expect(verdict('a.example', 'https://b.example', more)).toBe(MISMATCH)
    }
  })
})

describe('a verdict', () => {
  it('is shared and frozen, and says no more than it must', () => {
    const compiled = compileOriginPatterns('*.example.com')
    const [one, two] = ['https://a.example.com', 'https://b.example.com'].map((origin) =>
      checkOrigin(compiled, origin),
    )
    expect(one).toBe(two)
    expect(one).toEqual({ allowed: true })
    const denials = ['https://a.example', 'null', '', 'https://a.example.com.'].map((origin) =>
      checkOrigin(compiled, origin),
    )
    for (const denial of [...denials, one]) expect(denial).toSatisfy(Object.isFrozen)
    expect(checkOrigin(compiled, 'https://b.example')).toBe(denials[0])
  })
})
