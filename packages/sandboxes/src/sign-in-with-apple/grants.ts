import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Clock } from '@mayfly/core'
import jwt from 'jsonwebtoken'
import type { SandboxReply } from '../vendor.ts'

/** What a code was asked for with. */
export interface AppleCodeOptions {
  /** The user that signed in. Default: an invented one. */
  readonly subject?: string
  /** Goes into the identity token. */
  readonly nonce?: string
  /** What the token request has to repeat. Default: it may leave it out. */
  readonly redirectUri?: string
}

interface Code extends AppleCodeOptions {
  readonly subject: string
  readonly expiresAtMs: number
}

const CODE_LIFETIME_MS = 300_000
const TOKEN_LIFETIME = 3600
const IDENTITY_LIFETIME = 86_400
const SUBJECT = '000000.0123456789abcdef0123456789abcdef.0000'

/** The codes and refresh tokens of one client, and the identity tokens that it gets. */
export class AppleGrants {
  readonly #clientId: string
  readonly #clock: Clock
  readonly #codes = new Map<string, Code>()
  readonly #spent = new Set<string>()
  /** Refresh tokens, and whom they are for. */
  readonly #sessions = new Map<string, string>()
  #identityKey: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined

  constructor(clientId: string, clock: Clock) {
    this.#clientId = clientId
    this.#clock = clock
  }

  /** Makes a code, as if somebody had signed in. It is good once, within five minutes. */
  createCode(options: AppleCodeOptions = {}): string {
    const code = `c${randomBytes(20).toString('hex')}`
    const expiresAtMs = this.#clock.now() + CODE_LIFETIME_MS
    this.#codes.set(code, { subject: SUBJECT, ...options, expiresAtMs })
    return code
  }

  /** Answers a token request whose client is good. */
  redeem(form: URLSearchParams): SandboxReply {
    const grantType = form.get('grant_type')
    if (grantType === 'authorization_code') return this.#redeemCode(form)
    if (grantType === 'refresh_token') return this.#refresh(form.get('refresh_token') ?? '')
    return oauthError('unsupported_grant_type')
  }

  /** Ends a refresh token; of one that it does not know it says nothing (RFC 7009 section 2.2). */
  revoke(form: URLSearchParams): SandboxReply {
    const token = form.get('token')
    if (token === null) return oauthError('invalid_request')
    this.#sessions.delete(token)
    return { status: 200 }
  }

  /** The keys that identity tokens are verified with. */
  jwks(): SandboxReply {
    const jwk = this.#key().publicKey.export({ format: 'jwk' })
    return { status: 200, body: { keys: [{ ...jwk, kid: 'sandbox', use: 'sig', alg: 'RS256' }] } }
  }

  #redeemCode(form: URLSearchParams): SandboxReply {
    const text = form.get('code') ?? ''
    const code = this.#codes.get(text)
    if (this.#spent.has(text)) {
      return oauthError('invalid_grant', 'The code has already been used.')
    }
    const mismatch =
      code?.redirectUri !== undefined && form.get('redirect_uri') !== code.redirectUri
    if (code === undefined || mismatch || this.#clock.now() >= code.expiresAtMs) {
      return oauthError('invalid_grant', 'The code has expired or has been revoked.')
    }
    this.#spent.add(text)
    const refreshToken = `r${randomBytes(20).toString('hex')}`
    this.#sessions.set(refreshToken, code.subject)
    return this.#tokens(code, { refresh_token: refreshToken })
  }

  #refresh(refreshToken: string): SandboxReply {
    const subject = this.#sessions.get(refreshToken)
    if (subject === undefined) {
      return oauthError('invalid_grant', 'The token has expired or has been revoked.')
    }
    return this.#tokens({ subject }, {})
  }

  #tokens(
    { subject, nonce }: { readonly subject: string; readonly nonce?: string },
    more: object,
  ): SandboxReply {
    const iat = Math.floor(this.#clock.now() / 1000)
    const claims = {
      iss: 'https://appleid.apple.com',
      aud: this.#clientId,
      exp: iat + IDENTITY_LIFETIME,
      iat,
      sub: subject,
      ...(nonce !== undefined && { nonce, nonce_supported: true }),
    }
    const body = {
      access_token: `a${randomBytes(20).toString('hex')}`,
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME,
      ...more,
      id_token: jwt.sign(claims, this.#key().privateKey, { algorithm: 'RS256', keyid: 'sandbox' }),
    }
    return { status: 200, headers: { 'cache-control': 'no-store' }, body }
  }

  /** Made when it is first needed: an RSA key takes its time. */
  #key(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
    this.#identityKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    return this.#identityKey
  }
}

/** An error of the token endpoint. Apple answers all of them with 400. */
export function oauthError(error: string, description?: string): SandboxReply {
  const body = { error, ...(description !== undefined && { error_description: description }) }
  return { status: 400, headers: { 'cache-control': 'no-store' }, body }
}
