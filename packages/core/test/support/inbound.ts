import {
  generateKey,
  type HeaderFields,
  type Key,
  type KeyLookup,
  signCompact,
  TokenVerifier,
  type VerifierOptions,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'

export const ISSUER = 'https://auth.example.com'
export const AUDIENCE = 'https://api.example.com'

/** The NumericDate at which a `FakeClock` stands when it is made. */
export const NOW = 1_700_000_000

/** What a token says that the verifiers here accept. */
export const GOOD_CLAIMS = Object.freeze({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'alice',
  exp: NOW + 300,
  iat: NOW,
  jti: 'token-1',
})

/** Signs claims of any shape. JSON text is signed as it is. */
export async function sign(
  key: Key,
  claims: unknown,
  header: HeaderFields = { typ: 'JWT' },
): Promise<string> {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return signCompact(new TextEncoder().encode(text), header, key)
}

export interface Bench {
  readonly key: Key
  readonly clock: FakeClock
  readonly verifier: TokenVerifier
  readonly sign: (claims?: unknown, header?: HeaderFields) => Promise<string>
}

/** A key, a clock that stands still, and a verifier that goes by both. */
export async function bench(options: Partial<VerifierOptions> = {}): Promise<Bench> {
  const key = await generateKey('HS256', { keyId: 'k1' })
  const clock = new FakeClock()
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: [{ algorithm: 'HS256', key }],
    clock,
    ...options,
  })
  return { key, clock, verifier, sign: (claims = GOOD_CLAIMS, header) => sign(key, claims, header) }
}

/** Keys that can be taken away. `checks` counts how often a signature was looked at. */
export class ChangingKeys implements KeyLookup {
  version = 0
  checks = 0
  keys: readonly Key[]

  constructor(...keys: readonly Key[]) {
    this.keys = keys
  }

  find(algorithm: string, keyId: string | undefined): readonly Key[] {
    this.checks += 1
    return this.keys.filter((key) => key.algorithm === algorithm && key.keyId === keyId)
  }

  remove(key: Key): void {
    this.keys = this.keys.filter((one) => one !== key)
    this.version += 1
  }
}

/** Runs what should fail, and gives what it failed with. */
export async function failure(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('This should have failed, and did not.')
}
