import { randomBytes } from 'node:crypto'
import type { FakeClock } from '@mayfly/testing'
import type { Ledger } from '@mayfly/service'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { ServiceKeysOptions } from '../../src/keys/options.ts'
import { ServiceKeys } from '../../src/keys/service-keys.ts'
import { Sealer } from '../../src/seal/sealer.ts'

const SEAL_KEY = randomBytes(32).toString('base64url')

/** The seal that all nodes of the tests share. */
export const SEALER = new Sealer([SEAL_KEY])

/** Starts a node's keys on a ledger. */
export function startNode(
  ledger: Ledger,
  clock: FakeClock,
  options: Partial<ServiceKeysOptions> = {},
): Promise<ServiceKeys> {
  return ServiceKeys.open({ ledger, sealer: SEALER, clock, ...options })
}

/** Has a node sign a token that is good for so many seconds. */
export function signToken(
  keys: ServiceKeys,
  clock: FakeClock,
  lifetime: number = 300,
): Promise<string> {
  const issuedAt = Math.floor(clock.now() / 1000)
  const payload = { iat: issuedAt, exp: issuedAt + lifetime }
  return keys.sign(new TextEncoder().encode(JSON.stringify(payload)), { typ: 'JWT' }, payload.exp)
}

/** Gives the id of the key that signed a token. */
export function kidOf(token: string): string {
  const [header = ''] = token.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  return kid
}

/** Verifies a token with somebody else's library, by a JWKS as it was published. */
export async function verifyWith(jwks: unknown, token: string, clock: FakeClock): Promise<unknown> {
  const lookup = createLocalJWKSet(structuredClone(jwks) as JSONWebKeySet)
  const { payload } = await jwtVerify(token, lookup, { currentDate: new Date(clock.now()) })
  return payload
}
