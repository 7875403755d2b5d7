import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type jwt from 'jsonwebtoken'
import { readJwtHeader, verifyJwt } from '../signed-jwt.ts'

/** A key as Apple hands it out. */
export interface AppleKeyCredentials {
  /** Ten letters and digits; goes into the header's `kid`. */
  readonly keyId: string
  /** PKCS#8 PEM, as in the `.p8` file. */
  readonly privateKey: string
}

/** Why a token is no good before its claims are looked at. */
export type AppleKeyFault = 'malformed' | 'algorithm' | 'kid' | 'key-revoked' | 'signature'

/** A token whose signature is good. */
export interface AppleToken {
  readonly keyId: string
  readonly header: jwt.JwtHeader
  readonly payload: jwt.JwtPayload
}

/** The keys of one developer, as Apple's side knows them. */
export class AppleKeys {
  readonly #publicKeys = new Map<string, string>()
  readonly #revoked = new Set<string>()

  /** Makes a key. Each sandbox has its own, so that nothing cached from one fits another. */
  create(keyId: string = randomBytes(5).toString('hex').toUpperCase()): AppleKeyCredentials {
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    this.#publicKeys.set(keyId, publicKey)
    return { keyId, privateKey }
  }

  revoke(keyId: string): void {
    this.#revoked.add(keyId)
  }

  restore(keyId: string): void {
    this.#revoked.delete(keyId)
  }

  /** Verifies a token's signature, with `jsonwebtoken`, or names the first rule that it broke. */
  open(token: string): AppleToken | AppleKeyFault {
    const header = readJwtHeader(token)
    if (header === undefined) return 'malformed'
    if (header.alg !== 'ES256') return 'algorithm'
    const keyId = header.kid ?? ''
    const publicKey = this.#publicKeys.get(keyId)
    if (publicKey === undefined) return 'kid'
    if (this.#revoked.has(keyId)) return 'key-revoked'
    const verified = verifyJwt(token, publicKey, ['ES256'])
    return verified === undefined ? 'signature' : { keyId, ...verified }
  }
}
