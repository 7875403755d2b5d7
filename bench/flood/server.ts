import type { AddressInfo } from 'node:net'
import { RemoteKeys, TokenVerifier } from '@mayfly/core'
import { bearerAuth } from '@mayfly/express'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { expressjwt, type GetVerificationKey } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { AUDIENCE, ISSUER } from './tokens.ts'

// An API behind one library's middleware, in a process of its own: `server.ts CONTENDER JWKS_URI`.
const [, , contender = '', jwksUri = ''] = process.argv

const GUARDS: Readonly<Record<string, () => RequestHandler | Promise<RequestHandler>>> = {
  async mayfly() {
    const verifier = new TokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: new RemoteKeys({ jwksUri, algorithms: ['ES256', 'RS256'] }),
      algorithms: ['ES256', 'RS256'],
    })
    await verifier.warmUp()
    return bearerAuth(verifier)
  },
  async 'express-jwt'() {
    const { keys } = (await (await fetch(jwksUri)).json()) as {
      keys: (JsonWebKey & { kid: string })[]
    }
    const known = new Map(
      keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]),
    )
    const secret: GetVerificationKey = async (_, token) => {
      const key = known.get(token?.header.kid ?? '')
      if (key === undefined) throw new Error('unknown key')
      return key
    }
    const algorithms = ['ES256' as const, 'RS256' as const]
    return expressjwt({ secret, algorithms, issuer: ISSUER, audience: AUDIENCE })
  },
  'express-oauth2-jwt-bearer': () => auth({ issuer: ISSUER, audience: AUDIENCE, jwksUri }),
}

const makeGuard = GUARDS[contender]
if (makeGuard === undefined) throw new Error(`There is no contender "${contender}".`)

// An answer for whatever the library hands on: the same few bytes for each, so that no page is made.
const onError: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  res.status(error.status ?? 401).end()
}

const app = express()
app.get('/me', await makeGuard(), (_req, res) => void res.json({ ok: true }))
app.use(onError)
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.once('disconnect', () => process.exit())
