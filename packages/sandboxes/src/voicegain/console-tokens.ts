import { randomBytes, randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { readJwtHeader, verifyJwt } from '../signed-jwt.ts'

/** What is wrong with a JWT that should be one of Voicegain's. */
export type JwtFault = 'missing' | 'malformed' | 'algorithm' | 'signature'

/** A JWT whose signature is good. */
export interface SignedToken {
  readonly payload: jwt.JwtPayload
}

/**
 * Makes and knows Voicegain's JWTs. Those of the console never expire and are cancelled by generating
 * them anew; a context may have several.
 */
export class VoicegainTokens {
  readonly contextId: string = randomUUID()
  readonly #secret = randomBytes(32).toString('base64url')
  readonly #active = new Set<string>()

  /** Generates one more JWT for the console's context. */
  addConsoleToken(): string {
    const token = this.#sign({ sub: this.contextId, jti: randomUUID() })
    this.#active.add(token)
    return token
  }

  /** Generates a JWT in the place of another, which is over then. */
  regenerate(token: string): string {
    this.#active.delete(token)
    return this.addConsoleToken()
  }

  /** Whether a JWT is one of the console's, and was not cancelled. */
  isActive(token: string): boolean {
    return this.#active.has(token)
  }

  /** Mints a short-lived JWT. */
  mint(claims: Readonly<Record<string, unknown>>): string {
    return this.#sign({ ...claims, jti: randomUUID() })
  }

  read(token: string | undefined): SignedToken | { readonly fault: JwtFault } {
    if (token === undefined) return { fault: 'missing' }
    const header = readJwtHeader(token)
    if (header === undefined) return { fault: 'malformed' }
    if (header.alg !== 'HS256') return { fault: 'algorithm' }
    const payload = verifyJwt(token, this.#secret, ['HS256'])?.payload
    return payload === undefined ? { fault: 'signature' } : { payload }
  }

  #sign(claims: Readonly<Record<string, unknown>>): string {
    return jwt.sign(JSON.stringify(claims), this.#secret, { header: { alg: 'HS256', typ: 'JWT' } })
  }
}
