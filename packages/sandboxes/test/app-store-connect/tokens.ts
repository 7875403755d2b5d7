import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import jwt from 'jsonwebtoken'
import { FakeClock } from '@mayfly/testing'
import {
  type AppStoreConnectSandbox,
  type AppStoreConnectSandboxOptions,
  startAppStoreConnectSandbox,
} from '../../src/app-store-connect/sandbox.ts'

export const NOW = 1_700_000_000

export type Claims = Readonly<Record<string, unknown>>

export interface Bench {
  readonly clock: FakeClock
  readonly sandbox: AppStoreConnectSandbox
  /** A good team token, with claims replaced; `undefined` leaves one out. */
  token(claims?: Claims, header?: Claims): string
  get(path: string, token?: string): Promise<Response>
}

/** A sandbox at a known time, and a way to make tokens for it. */
export async function bench(
  options: AppStoreConnectSandboxOptions = {},
): Promise<Bench & AsyncDisposable> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startAppStoreConnectSandbox({ clock, ...options })
  return {
    clock,
    sandbox,
    token: (claims = {}, header = {}) => teamToken(sandbox, claims, header),
    get: (path, token) =>
      fetch(sandbox.origin + path, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        redirect: 'manual',
      }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

function teamToken(sandbox: AppStoreConnectSandbox, claims: Claims, header: Claims): string {
  const { keyId, issuerId, privateKey } = sandbox.credentials
  const base = { iss: issuerId, iat: NOW - 60, exp: NOW + 1140, aud: 'appstoreconnect-v1' }
  return sign({ ...base, ...claims }, { kid: keyId, ...header }, privateKey)
}

/** Signs with jsonwebtoken, exactly these claims. */
export function sign(claims: Claims, header: Claims, privateKey: string): string {
  const full: Claims = { alg: 'ES256', typ: 'JWT', ...header }
  return jwt.sign(JSON.stringify(claims), privateKey, {
    algorithm: full['alg'] as jwt.Algorithm,
    header: withoutUndefined(full) as unknown as jwt.JwtHeader & { alg: jwt.Algorithm },
  })
}

function withoutUndefined(members: Claims): Claims {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Signs with jose, as a second opinion. */
export function signWithJose(claims: Claims, keyId: string, privateKey: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: keyId, typ: 'JWT' })
    .sign(createPrivateKey(privateKey))
}
