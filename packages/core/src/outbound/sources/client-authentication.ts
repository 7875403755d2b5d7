import { optionalName, requireSecret } from '../../base/identifiers.ts'
import { type Algorithm, algorithmFacts, requireAlgorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import {
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../../base/options.ts'
import { type Asking, secretCredential } from './exchanged-source.ts'
import type { TokenSource } from '../token.ts'
import type { HeaderFields } from '../../jws/sign.ts'
import { signedSource } from './signed-source.ts'
import { refuseReplacing } from './signed-payload.ts'
import type { JwtKey } from './signed-signing.ts'
import type { FormFields } from './token-parameters.ts'

/** A secret, or a function that gives the one that is in force. */
export type ClientSecret = string | (() => string | Promise<string>)

/** How a client's secret is sent (RFC 6749 section 2.3.1). */
export type SecretMethod = 'client_secret_basic' | 'client_secret_post'

/** How the assertion is made that a client authenticates with (RFC 7523 section 3). */
export interface ClientAssertionOptions {
  /** Its `aud`. Default: the issuer where that is known, else the token endpoint. */
  readonly audience?: string
  /** Seconds from `iat` to `exp`, at most 3600. Servers are known to refuse more than 60. Default 60. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default a quarter of it. */
  readonly backdate?: number
  /** Makes the `jti`, new for each. Default: a random UUID. */
  readonly tokenId?: () => string
  /** Claims beside those of RFC 7523, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Further members of the header, such as the `x5t#S256` that Microsoft Entra asks for. */
  readonly header?: HeaderFields
}

/** What goes into a request to authenticate the client. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly fields: FormFields
}

/** Authenticates a client in each request. */
export interface ClientAuthentication {
  /** The request holds something that is dated. */
  readonly dated: boolean
  /** Names the secret or the key, for comparison. */
  readonly credential?: TokenSource['credential']
  /** @param offered the methods that the server says it takes. */
  credentials(asking: Asking, offered: readonly string[] | undefined): Promise<Credentials>
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const METHODS = ['client_secret_basic', 'client_secret_post'] as const

/** Authenticates by a secret. Without a method named, Basic, unless the server takes only the other. */
export function bySecret(
  clientId: string,
  secret: ClientSecret,
  method: SecretMethod | undefined,
): ClientAuthentication {
  if (typeof secret !== 'function') requireSecret(secret, 'clientSecret')
  const named = method === undefined ? undefined : requireOneOf(method, 'authentication', METHODS)
  const current = typeof secret === 'function' ? secret : (): string => secret
  return {
    dated: false,
    credential: secretCredential(current),
    async credentials(_asking, offered) {
      const value = await current()
      requireSecret(value, 'clientSecret')
      if ((named ?? preferred(offered)) === 'client_secret_post') {
        const fields = [['client_id', clientId] as const, ['client_secret', value] as const]
        return { headers: {}, fields }
      }
      const pair = `${formEncode(clientId)}:${formEncode(value)}`
      return { headers: { authorization: `Basic ${btoa(pair)}` }, fields: [] }
    },
  }
}

/** What an assertion is made of. */
export interface AssertionParts {
  readonly clientId: string
  readonly audience: string
  readonly key: JwtKey
  readonly keyId: string | undefined
  readonly algorithm: Algorithm | undefined
  readonly options: ClientAssertionOptions | undefined
  readonly clock: Clock | undefined
}

const ASSERTION_OPTIONS = ['audience', 'lifetime', 'backdate', 'tokenId', 'claims', 'header']

/** Authenticates by a JWT that is signed for each request (`private_key_jwt`). */
export function byPrivateKey(parts: AssertionParts): ClientAuthentication {
  const { clientId, key, keyId, options = {}, clock } = parts
  requireOptions(options, 'assertion')
  refuseUnknownOptions(options, ASSERTION_OPTIONS, 'assertion')
  const { backdate, tokenId = () => crypto.randomUUID(), header } = options
  const audience = optionalName(options.audience, 'assertion.audience') ?? parts.audience
  const bounds = { min: 1, max: 3600, integer: true }
  const own = refuseReplacing(options.claims, ['iss', 'sub', 'aud'])
  const assertions = signedSource('client-assertion', {
    algorithm: algorithmOf(key, parts.algorithm),
    key,
    ...(keyId !== undefined && { keyId }),
    ...(header !== undefined && { header }),
    claims: { iss: clientId, sub: clientId, aud: audience, ...own },
    lifetime: optionalNumber(options.lifetime, 'lifetime', bounds) ?? 60,
    ...(backdate !== undefined && { backdate }),
    origins: [],
    tokenId,
    ...(clock !== undefined && { clock }),
  })
  return {
    dated: true,
    credential: assertions.credential,
    async credentials({ clock: serverClock, signal }) {
      const { value } = await assertions.getToken({
        clock: serverClock,
        ...(signal !== undefined && { signal }),
      })
      return {
        headers: {},
        fields: [
          ['client_id', clientId],
          ['client_assertion_type', ASSERTION_TYPE],
          ['client_assertion', value],
        ],
      }
    },
  }
}

function algorithmOf(key: JwtKey, named: Algorithm | undefined): Algorithm {
  // Key objects and signers are bound to an algorithm of their own; text is not.
  const own = typeof key === 'object' && key !== null && 'algorithm' in key ? key.algorithm : null
  const algorithm = requireAlgorithm(
    named ?? (typeof own === 'string' ? own : 'RS256'),
    'algorithm',
  )
  if (algorithmFacts(algorithm).family !== 'HMAC') return algorithm
  throw invalid(
    'algorithm',
    `"algorithm" is ${algorithm}, which is for secrets: a client with a private key signs with RS256, PS256, ES256 or EdDSA.`,
  )
}

function preferred(offered: readonly string[] | undefined): SecretMethod {
  if (offered === undefined || offered.includes('client_secret_basic')) return 'client_secret_basic'
  return offered.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic'
}

/** RFC 6749 appendix B: both halves of Basic credentials are form-encoded first. */
function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1)
}
