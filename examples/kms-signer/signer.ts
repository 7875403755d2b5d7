/**
 * The process that has the private key. It signs what its parent sends and tells nothing else; a KMS or
 * an HSM would stand in its place.
 *
 *     node examples/kms-signer/signer.ts AuthKey_2X9R4HXF34.p8
 */
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What the parent asks for. */
export interface SignRequest {
  readonly id: number
  readonly data: Uint8Array
}

/** What it gets: a signature, or the reason why there is none. */
export type SignAnswer =
  | { readonly id: number; readonly signature: Uint8Array }
  | { readonly id: number; readonly fault: string }

const [, , keyFile = ''] = process.argv
const key = createPrivateKey(readFileSync(keyFile))

process.on('message', ({ id, data }: SignRequest) => {
  // A parent that has gone meanwhile needs no signature.
  process.send?.(answer(id, data), undefined, undefined, () => {})
})

function answer(id: number, data: Uint8Array): SignAnswer {
  try {
    // JWS wants both numbers side by side (RFC 7518 section 3.4); by itself OpenSSL gives DER.
    const signature = sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
    return { id, signature }
  } catch {
    return { id, fault: 'The key cannot sign.' }
  }
}
