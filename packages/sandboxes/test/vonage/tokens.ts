import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { startVonageSandbox, type VonageSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'

export const NOW = 1_700_000_000

export type Claims = Readonly<Record<string, unknown>>

export interface Bench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly sandbox: VonageSandbox
  /** A good token, with claims replaced; `undefined` leaves one out. */
  token(claims?: Claims, header?: Partial<jwt.JwtHeader>): string
  /** Status and, where it was refused, the true reason. */
  outcome(token?: string, path?: string, init?: RequestInit): Promise<string>
}

/** A sandbox at a known time, and a way to make tokens for it. */
export async function bench(): Promise<Bench> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startVonageSandbox({ clock })
  const { applicationId, privateKey } = sandbox.credentials
  return {
    clock,
    sandbox,
    token: (claims = {}, header = {}) => {
      const dates = { iat: NOW - 60, exp: NOW + 840, jti: randomUUID() }
      const text = JSON.stringify({ application_id: applicationId, ...dates, ...claims })
      return jwt.sign(text, privateKey, { header: { alg: 'RS256', typ: 'JWT', ...header } })
    },
    outcome: async (token, path = '/v1/calls', init = {}) => {
      sandbox.resetCounts()
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { status } = await fetch(sandbox.origin + path, { headers, ...init })
      const [reason] = Object.keys(sandbox.refusals)
      return reason === undefined ? String(status) : `${status} ${reason}`
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
