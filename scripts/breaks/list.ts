/** A line that security hangs on, and how to break it: `find` stands once in `file`. */
export interface Break {
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The test files of which one has to turn red. */
  readonly tests: readonly string[]
}

const CORE = 'packages/core/src'
const TEST = 'packages/core/test'

/** Lists the breaks of one file: what stands there, and what is put in its place. */
function inFile(
  file: string,
  tests: readonly string[],
  pairs: readonly (readonly [find: string, replace: string])[],
): readonly Break[] {
  return pairs.map(([find, replace]) => ({
    file: `${CORE}/${file}`,
    find,
    replace,
    tests: tests.map((test) => `${TEST}/${test}`),
  }))
}

/** Deliberate breaks of security-critical lines. Every one of them has to turn a test red. */
export const BREAKS: readonly Break[] = [
  ...inFile(
    'inbound/claims/identity.ts',
    ['inbound/claims/policy.test.ts', 'attacks/tokens.test.ts'],
    [
      ["if (expected !== null) throw missing('iss')", ''],
      [
        'if (expected !== null && !expected.has(iss))',
        'if (expected !== null && expected.size === 0)',
      ],
      [
        "if (typeof iss !== 'string') throw malformed('iss', 'a string')",
        "if (typeof iss !== 'string') return",
      ],
      ["if (expected !== null) throw missing('aud')", ''],
      ['aud.some((one) => expected.has(one))', 'aud.some((one) => expected.size > 0)'],
      ['if (expected === null || expected.has(aud)) return', 'return'],
      ["if (named.length === 0) throw missing(claims[0] ?? '')", ''],
      ['if (expected.has(client)) continue', 'continue'],
      ["if (typeof client !== 'string') throw malformed(name, 'a string')", ''],
      ["if (sub !== undefined && typeof sub !== 'string')", 'if (false)'],
      ["if (jti !== undefined && typeof jti !== 'string')", 'if (false)'],
      ["if (typeof typ === 'string' && mediaTypes.has(fullMediaType(typ))) return", 'return'],
      ['.has(fullMediaType(typ))', '.has(typ)'],
      ["if (typeof typ !== 'string') throw wrongType", 'if (false) throw wrongType'],
      ["split(';', 1)", "split('\\n', 1)"],
      ['payload[claim] === null', 'false'],
      ["if (required) throw missing('exp')", ''],
      ['now >= exp + tolerance', 'now > exp + tolerance + 1'],
      ['now < nbf - tolerance', 'now < nbf - 1e9'],
      ['now < iat - aheadTolerance', 'now < iat - 1e9'],
      ['now >= iat + maxAge + tolerance', 'now > iat + maxAge + tolerance'],
      ["if (maxAge !== undefined) throw missing('iat')", ''],
      ['value < LATEST_DATE', 'value < Infinity'],
      ["value > 0 || (value === 0 && claim === 'nbf')", 'value >= 0'],
    ],
  ),
  ...inFile(
    'inbound/claims/key-binding.ts',
    ['inbound/verifier/whose-token.test.ts', 'server/guard/dpop.test.ts'],
    [
      ['if (!ENFORCED.has(name)) throw notEnforced()', ''],
      ['if (isThumbprint(value)) continue', 'continue'],
      ['if (jkt !== proof?.thumbprint) {', 'if (false) {'],
      ['if (certificate === undefined || certificate === shown) return', 'return'],
    ],
  ),
  ...inFile(
    'inbound/claims/payload.ts',
    ['inbound/verifier/whose-token.test.ts'],
    [['  if (path === undefined) return\n', '  return\n']],
  ),
  ...inFile(
    'inbound/claims/rights.ts',
    ['inbound/verifier/verifier.test.ts'],
    [["throw malformed(name, 'a string or an array of strings')", 'return NONE']],
  ),
  ...inFile(
    'jws/parse.ts',
    ['attacks/tokens.test.ts', 'jws/verify.test.ts', 'inbound/verifier/verifier.test.ts'],
    [
      ['if (token.length > policy.maxTokenLength)', 'if (false)'],
      ['if (isAlgorithm(alg) && algorithms.includes(alg)) return', 'if (isAlgorithm(alg)) return'],
      ["if (Object.hasOwn(header, 'crit'))", 'if (false)'],
      ["if (Object.hasOwn(header, 'b64'))", 'if (false)'],
      ['if (signature.length === signatureBytes) return signature', 'return signature'],
    ],
  ),
  ...inFile(
    'jws/verify.ts',
    [
      'inbound/verifier/whose-token.test.ts',
      'attacks/configuration.test.ts',
      'attacks/tokens.test.ts',
    ],
    [
      [
        'if (key === undefined) throw signatureInvalid()',
        'if (key === undefined) return { protectedHeader, payload: decodeBase64url(encodedPayload) ?? new Uint8Array(), key: candidates[0] as Key }',
      ],
      ['return key.algorithm === algorithm', 'return true'],
      ['keys.slice(0, MAX_CANDIDATES)', 'keys'],
    ],
  ),
  ...inFile(
    'base/json.ts',
    ['attacks/tokens.test.ts', 'inbound/verifier/whose-token.test.ts'],
    [
      [
        'if (once === undefined) return countParsed(value) === members ? value : undefined',
        'if (once === undefined) return value',
      ],
      ['if (++depth > maxDepth) return undefined', '++depth'],
      ['!Number.isSafeInteger(value)', 'false'],
    ],
  ),
  ...inFile(
    'inbound/verifier/state.ts',
    ['inbound/verifier/state.test.ts'],
    [
      ['if (first) return', 'return'],
      ['if (!(await askStore(() => revocations.isRevoked(tokenId), isBoolean))) return', 'return'],
      ['if (gen >= (await askStore(', 'if (gen >= 0 || gen >= (await askStore('],
    ],
  ),
  ...inFile(
    'inbound/state/ask.ts',
    ['inbound/verifier/state.test.ts'],
    [['if (isResponse(answer)) return answer', 'return answer']],
  ),
  ...inFile(
    'inbound/state/expiring-ids.ts',
    ['inbound/state/memory-stores.test.ts', 'inbound/verifier/state.test.ts'],
    [
      ['this.#used.add(tokenId, expiresAt + margin)', 'this.#used.add(tokenId, expiresAt)'],
      [
        'this.#revoked.add(tokenId, expiresAt + LONGEST_TOLERANCE)',
        'this.#revoked.add(tokenId, expiresAt)',
      ],
      ['if (this.#used.has(tokenId)) return false', ''],
      ['Math.max(known ?? 0, expiresAt)', 'expiresAt'],
    ],
  ),
  ...inFile(
    'inbound/state/generations.ts',
    ['inbound/state/memory-stores.test.ts'],
    [
      ['(this.maxLifetime + 3600) * 1000', 'this.maxLifetime * 1000'],
      ['Math.max(this.current(subject) + 1, Math.floor(nowMs))', 'Math.floor(nowMs)'],
    ],
  ),
  ...inFile(
    'inbound/issuer/issuer.ts',
    ['inbound/issuer/issuer.test.ts'],
    [['if (maxLifetime <= remembered) return generations', 'return generations']],
  ),
  ...inFile(
    'inbound/verifier/verifier.ts',
    [
      'inbound/verifier/cache.test.ts',
      'inbound/verifier/whose-token.test.ts',
      'inbound/introspection/introspection.test.ts',
    ],
    [
      [
        'const { origins } = cached ?? this.#keep(token, signed, version)',
        'const { origins } = cached ?? this.#keep(token, signed, this.#keys.lookup.version)',
      ],
      [
        '      this.#policy.checkTime(signed, startMs / 1000)\n      if (origins',
        '      if (origins',
      ],
      ['if (signed.protectedHeader !== OPAQUE) this.#cache', 'this.#cache'],
    ],
  ),
  ...inFile(
    'inbound/verifier/verified-tokens.ts',
    ['inbound/verifier/cache.test.ts', 'inbound/verifier/verified-tokens.test.ts'],
    [
      ['if (version !== this.#version) return\n', '\n'],
      ['!entry.isFor(token)', 'false'],
      ['if (now < entry.expiresAt) return entry.value', 'return entry.value'],
    ],
  ),
  ...inFile(
    'inbound/remote-keys/remote-keys.ts',
    [
      'inbound/remote-keys/attacks.test.ts',
      'inbound/remote-keys/refresh.test.ts',
      'inbound/remote-keys/comings-and-goings.test.ts',
    ],
    [
      ['if (this.#looks === 0) return false', ''],
      ['if (keysRemoved) this.#version += 1', ''],
    ],
  ),
  ...inFile(
    'inbound/remote-keys/key-source.ts',
    ['inbound/remote-keys/refresh.test.ts'],
    [['if (imported.keys.length === 0) throw', 'if (false) throw']],
  ),
  ...inFile(
    'inbound/remote-keys/discovery.ts',
    ['inbound/remote-keys/discovery.test.ts'],
    [
      ["if (json['issuer'] !== this.#issuer) throw", 'if (false) throw'],
      ["if (url.username !== '' || url.password !== '') return false", ''],
    ],
  ),
  ...inFile(
    'inbound/mutual-tls/mutual-tls.ts',
    ['inbound/mutual-tls/mutual-tls.test.ts'],
    [
      [
        'if (address === undefined || !this.#proxies.has(normalAddress(address)))',
        'if (address === undefined)',
      ],
      [
        'if (found === undefined) return undefined',
        'if (found === undefined) return certificateFingerprint',
      ],
    ],
  ),
  ...inFile(
    'inbound/introspection/introspection.ts',
    ['inbound/introspection/introspection.test.ts'],
    [
      ["if (claims['active'] !== true) throw", 'if (false) throw'],
      ['requireAccessToken(claims)\n', '\n'],
      ['now < kept.untilMs', 'true'],
    ],
  ),
  ...inFile(
    'server/guard/token-places.ts',
    ['server/guard/requests.test.ts', 'server/guard/answers.test.ts'],
    [['if (found !== undefined) throw twoTokens()', '']],
  ),
  ...inFile(
    'keys/static-keys.ts',
    ['keys/static-keys.test.ts', 'inbound/verifier/whose-token.test.ts'],
    [['if (secrets === 0 || secrets === keys.length) return', 'return']],
  ),
]
