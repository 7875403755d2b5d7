import { TokenVerifier, type VerifierOptions } from '@mayfly/core'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import { AUDIENCE, ISSUER, type Material } from './material.ts'

/** Verifies a token for the benchmark's issuer and audience; gives an answer or a promise of one. */
export type Verify = (token: string) => unknown

/** Mayfly, with the options that every contender gets, and its cache unless it is switched off. */
export function mayfly(material: Material, options: Partial<VerifierOptions> = {}): Verify {
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: [{ algorithm: material.algorithm, key: material.verifying }],
    ...options,
  })
  return (token) => verifier.verify(token)
}

/** fast-jwt, with its cache or without. */
export function fastJwt(material: Material, options: { readonly cache: boolean }): Verify {
  const key =
    material.algorithm === 'HS256'
      ? material.verifying.export()
      : material.verifying.export({ type: 'spki', format: 'pem' })
  return createVerifier({
    key,
    algorithms: [material.algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    ...options,
  })
}

/** jose, with its key imported once. */
export async function jose(material: Material): Promise<Verify> {
  const key = await importJWK(
    { ...material.verifying.export({ format: 'jwk' }) },
    material.algorithm,
  )
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [material.algorithm] }
  return (token) => jwtVerify(token, key, options)
}

/** jsonwebtoken, with its key parsed once. */
export function jsonwebtoken(material: Material): Verify {
  const { algorithm, verifying } = material
  if (algorithm === 'EdDSA') throw new Error('jsonwebtoken has no EdDSA.')
  const options: jwt.VerifyOptions = {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [algorithm],
  }
  return (token) => jwt.verify(token, verifying, options)
}
