import { optionalName } from '../../base/identifiers.ts'
import { Bounded } from '../../base/bounded.ts'
import { type Algorithm, requireAlgorithm } from '../../keys/algorithms.ts'
import { type Clock, nowInSeconds } from '../../base/clock.ts'
import {
  clockOption,
  describe,
  invalid,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
  optionalStrings,
  requireNumber,
} from '../../base/options.ts'
import { compileDestinations } from '../../http/destination.ts'
import { type HeaderFields, signCompact } from '../../jws/sign.ts'
import { Key, type SigningKey } from '../../keys/key.ts'
import {
  type AccessToken,
  type Credential,
  createAccessToken,
  type GetTokenOptions,
  type TokenSource,
} from '../token.ts'
import { type ClaimsOfToken, compileClaims } from './signed-payload.ts'
import { type JwtKey, KeyHolder } from './signed-signing.ts'
import { sourceId } from './signed-source-id.ts'

/** So many refused tokens are remembered. */
const MAX_REFUSED = 32

/** How tokens are signed. */
export interface SignedSourceOptions {
  readonly algorithm: Algorithm
  /** The key: PEM text, a JWK, a key object, `{ secret }`, an external signer, or a callback. */
  readonly key: JwtKey
  /** Goes into the header as `kid`. */
  readonly keyId?: string
  /** Further members of the header. `typ` is `JWT` unless it is said here. */
  readonly header?: HeaderFields
  /** The claims beside `iat`, `exp` and `jti`, or a function that makes them for each token. */
  readonly claims: ClaimsOfToken
  /**
   * For claims that a function makes: JSON that changes whenever they do. The source's `id` follows it,
   * so that two sources of the same tokens have the same one. Default: an `id` that no other has.
   */
  readonly identity?: unknown
  /** Seconds from `iat` to `exp`. */
  readonly lifetime: number
  /**
   * Seconds from `iat` to `exp` that the vendor takes at the most: a longer `lifetime` is refused, and
   * `diagnose` goes by it. Default: no limit is known.
   */
  readonly maxLifetime?: number
  /** Whether `iat` is among the claims. `false` for a server that goes by `nbf`. Default `true`. */
  readonly iatClaim?: boolean
  /**
   * Whether `exp` is among the claims. `false` for a server that counts a token's age from `iat` and
   * wants no `exp`; the token still ends here after `lifetime`. Default `true`.
   */
  readonly expClaim?: boolean
  /**
   * Seconds by which `iat` lies in the past, so that a server whose clock is behind takes the token.
   * It is part of the lifetime. Default 60, or a quarter of the lifetime where that is less.
   */
  readonly backdate?: number
  /** Where the tokens may be sent. An empty list: nowhere, they are for an SDK. */
  readonly origins: readonly string[]
  /** Hosts among them that tokens may go to over plain http. Default: loopback alone. */
  readonly allowHttp?: readonly string[]
  /** Makes the `jti` of each token. Default: no `jti`. */
  readonly tokenId?: () => string
  /** Accepts an HMAC secret that is shorter than the hash. Default `false`. */
  readonly allowShortSecret?: boolean
  readonly clock?: Clock
}

/** Makes a source that signs a new JWT at every call, under a vendor's name. */
export function signedSource(vendor: string, options: SignedSourceOptions): TokenSource {
  const { header = {}, key } = options
  const clock = clockOption(options.clock)
  const algorithm = requireAlgorithm(options.algorithm, 'algorithm')
  const keyId = optionalName(options.keyId, 'keyId', 1024)
  const lifetime = requireNumber(options.lifetime, 'lifetime', { min: 1, integer: true })
  const maxLifetime = capOf(options.maxLifetime, lifetime)
  const backdate = backdateOf(options.backdate, lifetime)
  const allowHttp = optionalStrings(options.allowHttp, 'allowHttp')
  const origins = Object.freeze([...compileDestinations(options.origins, 'origins', allowHttp)])
  const tokenId = requireGenerator(options.tokenId)
  const fields = headerFields(header, keyId)
  const claims = compileClaims(options.claims, {
    identity: options.identity,
    iatClaim: optionalBoolean(options.iatClaim, 'iatClaim') ?? true,
    expClaim: optionalBoolean(options.expClaim, 'expClaim') ?? true,
  })
  const allowShortSecret = optionalBoolean(options.allowShortSecret, 'allowShortSecret') ?? false
  const holder = new KeyHolder(key, { algorithm, keyId, allowShortSecret })

  /** Tokens that a server refused: the same signature in the same second would be the same token. */
  const refused = new Bounded<string>(MAX_REFUSED)

  const { iatClaim, expClaim } = options
  const rest = [algorithm, fields, claims.name, lifetime, backdate, origins, expClaim, iatClaim]
  return {
    id: sourceId(vendor, key, rest),
    origins,
    lifetime: lifetime - backdate,
    ...(allowHttp !== undefined && { allowHttp }),
    ...(maxLifetime !== undefined && { maxLifetime }),
    async getToken(wanted: GetTokenOptions = {}): Promise<AccessToken> {
      wanted.signal?.throwIfAborted()
      const signer = await holder.current()
      const now = nowInSeconds(wanted.clock ?? clock)
      const sign = async (later: number): Promise<AccessToken> => {
        const issuedAt = now - backdate + later
        const expiresAt = issuedAt + lifetime
        const payload = claims.payload({ now, issuedAt, expiresAt, tokenId: tokenId?.() })
        const value = await signCompact(payload, fields, signer)
        if (refused.has(value) && later < backdate) return sign(later + 1)
        return createAccessToken({ value, issuedAt, expiresAt, origins, ...named(signer, keyId) })
      }
      return sign(0)
    },
    invalidate: ({ value }) => refused.add(value),
    credential: credentialOf(holder, keyId),
  }
}

/** Names the key that is in force, by a number that goes up when it is exchanged. */
function credentialOf(holder: KeyHolder, keyId: string | undefined): () => Promise<Credential> {
  let last: unknown
  let generation = 0
  return async () => {
    const signer = await holder.current()
    const name = signer instanceof Key ? signer.fingerprint : signer
    if (name !== last) [last, generation] = [name, generation + 1]
    return { id: JSON.stringify([generation, keyId ?? signer.keyId]), ...named(signer, keyId) }
  }
}

/** What tells a key from others: its id, and its thumbprint where it may be seen. A secret's could be guessed from. */
function named(
  signer: SigningKey,
  keyId = signer.keyId,
): { readonly keyId?: string; readonly keyFingerprint?: string } {
  const isPublic = signer instanceof Key && signer.type !== 'secret'
  return {
    ...(keyId !== undefined && { keyId }),
    ...(isPublic && { keyFingerprint: signer.fingerprint }),
  }
}

function capOf(asked: number | undefined, lifetime: number): number | undefined {
  const cap = optionalNumber(asked, 'maxLifetime', { min: 1, integer: true })
  if (cap === undefined || lifetime <= cap) return cap
  throw invalid(
    'lifetime',
    `"lifetime" is ${lifetime} seconds; this vendor takes ${cap} at the most, says "maxLifetime".`,
  )
}

function backdateOf(asked: number | undefined, lifetime: number): number {
  const backdate =
    optionalNumber(asked, 'backdate', { integer: true }) ?? Math.min(60, Math.floor(lifetime / 4))
  if (backdate < lifetime) return backdate
  throw invalid(
    'backdate',
    `"backdate" is part of the lifetime: it must be less than ${lifetime} seconds, not ${backdate}.`,
  )
}

function requireGenerator(tokenId: (() => string) | undefined): (() => string) | undefined {
  if (typeof tokenId !== 'string') return optionalFunction(tokenId, 'tokenId')
  throw invalid('tokenId', '"tokenId" must be a function: two tokens never share an id.')
}

function headerFields(header: HeaderFields, keyId: string | undefined): HeaderFields {
  if (typeof header !== 'object' || header === null) {
    throw invalid('header', `"header" must be an object, not ${describe(header)}.`)
  }
  for (const name of ['alg', 'kid', 'crit', 'b64']) {
    if (!Object.hasOwn(header, name)) continue
    const hint = name === 'alg' ? '"algorithm"' : name === 'kid' ? '"keyId"' : undefined
    const advice = hint === undefined ? 'it is not supported' : `use the option ${hint}`
    throw invalid('header', `"header" must not have "${name}": ${advice}.`)
  }
  return { typ: 'JWT', ...structuredClone(header), ...(keyId !== undefined && { kid: keyId }) }
}
