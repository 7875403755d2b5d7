import { encodeBase64url } from '../encoding/base64url.ts'
import type { SigningKey } from '../keys/signing-key.ts'

/** Header members beside `alg`, which the key gives, in the order in which they are to stand. */
export interface HeaderFields {
  readonly kid?: string | undefined
  readonly typ?: string | undefined
  readonly cty?: string | undefined
  readonly [name: string]: unknown
}

/** Signs bytes as a compact JWS (RFC 7515 section 7.1). */
export async function signCompact(
  payload: Uint8Array,
  protectedHeader: HeaderFields,
  key: SigningKey,
): Promise<string> {
  const { alg: _, ...rest } = protectedHeader
  const header = {
    alg: key.algorithm,
    ...rest,
    ...(key.keyId !== undefined && !('kid' in rest) && { kid: key.keyId }),
  }
  const encodedHeader = encodeBase64url(new TextEncoder().encode(JSON.stringify(header)))
  const signingInput = `${encodedHeader}.${encodeBase64url(payload)}`
  const signature = await key.sign(new TextEncoder().encode(signingInput))
  return `${signingInput}.${encodeBase64url(signature)}`
}
