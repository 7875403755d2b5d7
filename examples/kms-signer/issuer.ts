import { importKey, KeyRing, TokenIssuer } from '@mayfly/core'
import type { Jwk } from '@mayfly/core'
import type { RemoteSigner } from './remote-signer.ts'

/** Makes an issuer whose private key stays in another process; only the public half is here. */
export async function issuerWithSigner(
  issuer: string,
  { signer, publicJwk }: { readonly signer: RemoteSigner; readonly publicJwk: Jwk },
): Promise<TokenIssuer> {
  const { algorithm, keyId } = signer
  const sign = (data: Uint8Array): Promise<Uint8Array> => signer.sign(data)
  const key = await importKey({ algorithm, keyId, sign, publicJwk }, algorithm)
  return new TokenIssuer({ issuer, keys: new KeyRing([key]) })
}
