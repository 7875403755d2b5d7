import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createTestIssuer, type TestIssuer } from '@mayfly/testing'

export const ISSUER = 'https://auth.example.com'
export const AUDIENCE = 'https://api.example.com'

/** What an attacker sends. */
export const KINDS = {
  garbage: 'text that is no token',
  'wrong signature, ES256': 'a token of a stranger under the issuer’s ES256 key id',
  'wrong signature, RS256': 'a token of a stranger under the issuer’s RS256 key id',
  expired: 'tokens of the issuer that ended a minute ago',
  'unknown key id': 'tokens of a stranger, each under a key id of its own',
} as const

/** One of {@link KINDS}. */
export type Kind = keyof typeof KINDS

/** An issuer with two keys, the tokens of its users, and those of an attacker. */
export interface Material {
  readonly jwks: { readonly keys: readonly object[] }
  readonly good: readonly string[]
  readonly forged: Readonly<Record<Kind, readonly string[]>>
}

const USERS = 200
const FORGERIES = 2000

function issuerOf(algorithm: 'ES256' | 'RS256'): TestIssuer {
  return createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, algorithm })
}

function many(token: () => string): readonly string[] {
  return Array.from({ length: FORGERIES }, () => token())
}

/** Makes the tokens of one run. */
export function makeMaterial(): Material {
  const [es, rs, strangerEs, strangerRs] = [
    issuerOf('ES256'),
    issuerOf('RS256'),
    issuerOf('ES256'),
    issuerOf('RS256'),
  ]
  const lifetime = 86_400
  return {
    jwks: { keys: [...es.jwks.keys, ...rs.jwks.keys] },
    good: Array.from({ length: USERS }, () => es.mint({ lifetime, claims: { sub: randomUUID() } })),
    forged: {
      garbage: many(() => randomBytes(150).toString('base64url')),
      'wrong signature, ES256': many(() =>
        strangerEs.mint({ lifetime, header: { kid: es.keyId } }),
      ),
      // Signing by RSA is slow, and a wrong signature need not be anybody's.
      'wrong signature, RS256': many(() => unsigned(strangerRs, rs.keyId)),
      expired: many(() => es.mint({ fault: 'expired' })),
      'unknown key id': many(() => strangerEs.mint({ lifetime, header: { kid: randomUUID() } })),
    },
  }
}

function unsigned(issuer: TestIssuer, kid: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid })).toString(
    'base64url',
  )
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer.issuer,
    aud: AUDIENCE,
    iat: now,
    exp: now + 86_400,
    jti: randomUUID(),
  }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${header}.${payload}.${randomBytes(256).toString('base64url')}`
}

/** Publishes the keys. */
export function publishKeys({ jwks }: Material): Server {
  const body = JSON.stringify(jwks)
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
}
