import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { type JwkSet, TokenVerifier } from '@mayfly/core'
import { JwtVerifier } from 'aws-jwt-verify'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { expressjwt } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import { jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bearerAuth } from '../src/index.ts'

const issuer = 'https://login.example.com/'
const audience = 'https://api.example.com'
const names = { issuer, audience }
const secret = randomBytes(32).toString('hex')
const now = Math.floor(Date.now() / 1000)
const claims = { iss: issuer, aud: audience, sub: 'alice', iat: now }

type Sign = (more?: object, key?: string) => string
const claimsOf = (more: object = {}): object =>
  // "undefined" leaves a claim out.
  JSON.parse(JSON.stringify({ ...claims, exp: now + 300, ...more })) as object
const sign: Sign = (more, key = secret) => jwt.sign(claimsOf(more), key)
const pairs = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }))
const publicJwk = { ...pairs[0]?.publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig' }
const jwks = { keys: [{ ...publicJwk, alg: 'RS256' }] } as JwkSet
const signRsa: Sign = (more, key) =>
  jwt.sign(claimsOf(more), pairs[key === undefined ? 0 : 1]?.privateKey ?? '', {
    algorithm: 'RS256',
    keyid: 'a',
  })

/** The same requests for the library that is left and for ours. */
function requests(by: Sign): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const bearer = (token: string): { authorization: string } => ({
    authorization: `Bearer ${token}`,
  })
  return {
    'good token': bearer(by()),
    'no token': {},
    'another scheme': { authorization: 'Basic YTpi' },
    'no scheme': { authorization: by() },
    'two spaces': bearer(` ${by()}`),
    'another key': bearer(by({}, 'another')),
    'no signature': bearer(by().replace(/[^.]+$/, '')),
    'another audience': bearer(by({ aud: 'other' })),
    'another issuer': bearer(by({ iss: 'https://evil.example' })),
    expired: bearer(by({ exp: now - 100 })),
    'expired a moment ago': bearer(by({ exp: now - 2 })),
    'no expiry': bearer(by({ exp: undefined })),
    'issued in the future': bearer(by({ iat: now + 900, exp: now + 1200 })),
  }
}

const PREFLIGHT = {
  origin: 'https://app.example.com',
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'authorization',
}

async function statuses(guard: RequestHandler, by: Sign): Promise<Record<string, number>> {
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    res.sendStatus((error as { readonly status: number }).status)
  }
  const answer: RequestHandler = (_req, res) => void res.sendStatus(200)
  const app = express().use(guard, answer, onError)
  const seen: Record<string, number> = {}
  for (const [name, fields] of Object.entries(requests(by))) {
    seen[name] = (await request(app).get('/').set(fields)).status
  }
  seen['preflight'] = (await request(app).options('/').set(PREFLIGHT)).status
  return seen
}

/** The middleware that many write around a function that verifies. */
function byHand(verify: (token: string) => unknown): RequestHandler {
  return async (req, res, next) => {
    try {
      await verify(req.headers.authorization?.replace('Bearer ', '') ?? '')
    } catch {
      res.sendStatus(401)
      return
    }
    next()
  }
}

const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken()
passport.use(
  new Strategy({ ...names, jwtFromRequest, secretOrKey: secret }, (payload: object, done) =>
    done(null, payload),
  ),
)
const forCognitoAndOthers = JwtVerifier.create({ ...names, jwksUri: 'https://a.example/jwks.json' })
forCognitoAndOthers.cacheJwks(jwks as Parameters<typeof forCognitoAndOthers.cacheJwks>[0])

const LAX = { 'no expiry': 200, 'issued in the future': 200 }
// 5 seconds of tolerance are on from the start.
const STRICT_CLOCK = { 'expired a moment ago': 401 }
const BY_HAND = { 'no scheme': 200, 'two spaces': 401 }

/** A library that is left, and the answers of its that are not those of bearerAuth. */
interface Left {
  readonly name: string
  readonly before: RequestHandler
  readonly differently: Readonly<Record<string, number>>
  readonly by?: Sign
}

const LEFT: readonly Left[] = [
  {
    name: 'express-jwt',
    before: expressjwt({ ...names, secret, algorithms: ['HS256'] }) as RequestHandler,
    differently: { ...LAX, ...STRICT_CLOCK, 'two spaces': 401, preflight: 200 },
  },
  {
    name: 'express-oauth2-jwt-bearer',
    before: auth({ ...names, secret, tokenSigningAlg: 'HS256' }),
    differently: { 'issued in the future': 200, 'another scheme': 400, 'no scheme': 400 },
  },
  {
    name: 'passport-jwt',
    before: passport.authenticate('jwt', { session: false }) as RequestHandler,
    differently: { ...LAX, ...STRICT_CLOCK, 'two spaces': 200 },
  },
  {
    name: 'jsonwebtoken',
    before: byHand((token) => jwt.verify(token, secret, { ...names, algorithms: ['HS256'] })),
    differently: { ...LAX, ...STRICT_CLOCK, ...BY_HAND },
  },
  {
    name: 'jose',
    before: byHand((token) => jwtVerify(token, createSecretKey(secret, 'utf8'), names)),
    differently: { ...LAX, ...STRICT_CLOCK, ...BY_HAND },
  },
  {
    name: 'aws-jwt-verify',
    before: byHand((token) => forCognitoAndOthers.verify(token)),
    differently: { ...LAX, ...STRICT_CLOCK, ...BY_HAND },
    by: signRsa,
  },
]

// The libraries that are left read the machine's clock; it stands still, so that no answer hangs on it.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 }))
afterAll(() => void vi.useRealTimers())

describe('Moving to bearerAuth from', () => {
  it.each(LEFT)(
    '$name changes these answers and no others',
    async ({ before, differently, by = sign }) => {
      const keys =
        by === sign
          ? [{ algorithm: 'HS256' as const, key: { secret: Buffer.from(secret, 'utf8') } }]
          : jwks
      const algorithms = by === sign ? {} : { algorithms: ['RS256' as const] }
      const verifier = new TokenVerifier({ ...names, keys, ...algorithms })
      const after = await statuses(bearerAuth(verifier), by)
      expect(await statuses(before, by)).toEqual({ ...after, ...differently })
      expect(after).toEqual({
        ...Object.fromEntries(Object.keys(after).map((name) => [name, 401])),
        'good token': 200,
        'expired a moment ago': 200,
        'two spaces': 400,
      })
    },
  )

  it('any of them can be in steps: both guards judge the same requests', async () => {
    const keys = [{ algorithm: 'HS256' as const, key: { secret: Buffer.from(secret, 'utf8') } }]
    const verifier = new TokenVerifier({ ...names, keys })
    const ours = bearerAuth(verifier, { requestProperty: 'mayfly' })
    const theirs = auth({ ...names, secret, tokenSigningAlg: 'HS256' })
    const app = express().use(ours, theirs, (req, res) => {
      res.json([ours.authOf(req)?.claims.sub, req.auth?.payload.sub])
    })
    const { body } = await request(app)
      .get('/')
      .set({ authorization: `Bearer ${sign()}` })
    expect(body).toEqual(['alice', 'alice'])
  })
})
