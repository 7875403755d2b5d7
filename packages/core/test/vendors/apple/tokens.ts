import { generateKeyPairSync } from 'node:crypto'
import type { TokenSource } from '@mayfly/core'
import jwt from 'jsonwebtoken'
import { expect, it } from 'vitest'

const pair = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

/** What a developer's own tokens are made with. */
export const TEAM = {
  teamId: 'DEF123GHIJ',
  keyId: 'ABC123DEFG',
  privateKey: pair.privateKey,
} as const

/** A NumericDate: the time at which a new `FakeClock` stands. */
export const NOW = 1_700_000_000

/** A token's header and claims as `jsonwebtoken` verifies them, in the order in which they stand. */
export interface OpenedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Verifies the signature of a token with a library that is not ours. */
export function open(value: string): OpenedToken {
  const { header, payload } = jwt.verify(value, pair.publicKey, {
    algorithms: ['ES256'],
    complete: true,
    ignoreExpiration: true,
  })
  return { header: { ...header }, payload: payload as jwt.JwtPayload }
}

/** Mints a token and opens it. */
export async function mint(source: TokenSource): Promise<OpenedToken> {
  return open((await source.getToken()).value)
}

/** Expects options to be refused when the source is made, each under its name. */
export function itRefuses(
  make: (options: object) => unknown,
  cases: readonly (readonly [what: string, options: object, option: string])[],
): void {
  it.each(cases)('refuses %s when the source is made', (_what, options, option) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })
}

/** Expects each set of options to have an id of its own, and the same set the same one. */
export function expectDistinctIds(
  make: (options: object) => TokenSource,
  sets: readonly object[],
): void {
  const ids = sets.map((options) => make(options).id)
  expect(new Set(ids).size).toBe(sets.length)
  expect(sets.map((options) => make(options).id)).toEqual(ids)
}
