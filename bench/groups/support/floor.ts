import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto'
import type { Contender } from '../../lib/contender.ts'
import { expectSame } from './answers.ts'
import type { Material } from './material.ts'

/**
 * Node's quickest way to check a signature over `input`, and nothing else. ECDSA signatures are in
 * DER here: the form that JWS wants costs Node a third more.
 */
export function signatureAlone(
  { algorithm, signing, verifying }: Material,
  input: string,
  { wrong = false }: { readonly wrong?: boolean } = {},
): Contender {
  const bytes = Buffer.from(input)
  const signed = wrong ? Buffer.from(`${input}!`) : bytes
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  const hmac = (data: Buffer): Buffer => createHmac('sha256', verifying).update(data).digest()
  const signature = algorithm === 'HS256' ? hmac(signed) : sign(hash, signed, signing)
  return {
    id: 'floor',
    name: 'floor',
    library: 'node',
    run:
      algorithm === 'HS256'
        ? () => timingSafeEqual(hmac(bytes), signature)
        : () => verify(hash, bytes, verifying, signature),
    check: (answer) => expectSame(answer, !wrong, 'the verdict'),
  }
}
