import type { Algorithm } from '../../keys/algorithms.ts'
import { decodeBase64url } from '../../base/base64url.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import { KeyError, RequestError, type Reason } from '../../base/errors.ts'
import { parseCompact } from '../../jws/parse.ts'
import { verifyParsed } from '../../jws/verify.ts'
import { importKey } from '../../keys/load.ts'
import { isPrivateJwk, type Jwk } from '../../keys/jwk.ts'
import type { Key } from '../../keys/key.ts'

/** The longest proof that is looked at, in characters. */
const MAX_PROOF_LENGTH = 8192

/** The key comes with the request, and larger numbers cost whoever checks the signature. */
const MAX_RSA_BYTES = 512
const MAX_EXPONENT_BYTES = 4

/** A proof whose signature holds. */
export interface SignedProof {
  readonly thumbprint: string
  readonly claims: JsonObject
}

/** Checks a proof's form, its key and its signature (RFC 9449 section 4.3, checks 2 to 7). */
export async function readProof(
  text: string,
  algorithms: readonly Algorithm[],
): Promise<SignedProof> {
  try {
    const parsed = parseCompact(text, { algorithms, maxTokenLength: MAX_PROOF_LENGTH })
    const { typ, jwk, alg } = parsed.protectedHeader
    if (typ !== 'dpop+jwt') throw proofRefused('The "typ" of the proof is not "dpop+jwt".')
    const key = await publicKey(jwk, alg)
    const { payload } = await verifyParsed(parsed, { version: 0, find: () => [key] })
    const claims = parseJsonObject(payload)
    if (claims === undefined) throw proofRefused('The payload of the proof is no JSON object.')
    return { thumbprint: key.fingerprint, claims }
  } catch (error) {
    if (!(error instanceof RequestError) || error.code === 'ERR_DPOP_PROOF') throw error
    throw proofRefused(`The proof is no signed JWT: ${inWords(error)}`)
  }
}

/** What the parser says of a token, said of a proof. */
function inWords({ message }: RequestError): string {
  return message.replaceAll(/\b[Tt]he token\b/g, 'it')
}

async function publicKey(jwk: unknown, algorithm: Algorithm): Promise<Key> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    throw proofRefused('The header of the proof has no public key ("jwk").')
  }
  if (isPrivateJwk(jwk)) {
    throw proofRefused('The "jwk" of the proof is not a public key alone.')
  }
  requireBounded(jwk)
  try {
    return await importKey(jwk, algorithm, { use: 'verify' })
  } catch (error) {
    if (error instanceof KeyError) {
      throw proofRefused(`The "jwk" of the proof cannot be used: ${error.message}`)
    }
    throw error
  }
}

function requireBounded({ kty, n, e }: Jwk): void {
  if (kty !== 'RSA') return
  const [modulus, exponent] = [n, e].map((text) => decodeBase64url(String(text))?.length ?? 0)
  if ((modulus ?? 0) <= MAX_RSA_BYTES && (exponent ?? 0) <= MAX_EXPONENT_BYTES) return
  throw proofRefused('The "jwk" of the proof is larger than RSA keys of 4096 bits are.')
}

/** Refuses what is no proof for this request. The message never repeats any of it. */
export function proofRefused(
  message: string,
  reason: Extract<Reason, `proof_${string}`> = 'proof_invalid',
): RequestError {
  return new RequestError('ERR_DPOP_PROOF', message, { reason })
}

/** Asks for a proof that holds this nonce (RFC 9449 sections 8 and 9). */
export function nonceRequired(nonce: string): RequestError {
  return new RequestError('ERR_DPOP_NONCE', 'The proof has to hold the nonce of this answer.', {
    reason: 'proof_nonce',
    headers: { 'dpop-nonce': nonce },
  })
}
