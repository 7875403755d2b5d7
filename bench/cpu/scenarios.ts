import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as core from '@mayfly/core'
import * as forExpress from '@mayfly/express'
import * as forKoa from '@mayfly/koa'
import express, { type RequestHandler } from 'express'
import { SignJWT } from 'jose'
import Koa from 'koa'
import { AUDIENCE, ISSUER, makeMaterial } from '../groups/support/material.ts'
import { importPem, mint, verifyNew } from './calls.ts'
import type { ScenarioName } from './names.ts'
import type { Contender, Scenario } from './scenario.ts'

/** Every scenario, made when it is called for. Each runs on older revisions too: see `compare.ts`. */
export const scenarios: Readonly<Record<ScenarioName, () => Promise<Scenario>>> = {
  express: () => api(inExpress),
  koa: () => api(inKoa),
  'verify-known': verifyKnown,
  'get-token': getToken,
  'bearer-fetch': throughFetch,
  'verify-ES256': () => verifyNew('ES256'),
  'verify-RS256': () => verifyNew('RS256'),
  'verify-EdDSA': () => verifyNew('EdDSA'),
  'verify-HS256': () => verifyNew('HS256'),
  mint,
  'import-key': importPem,
}

const PAGE = 'https://app.example.com'

async function knownToken(): Promise<{ token: string; verifier: core.TokenVerifier }> {
  const material = makeMaterial('ES256')
  const token = await new SignJWT({ scope: 'orders:read orders:write', jti: 'one' })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience([AUDIENCE, '*.example.com'])
    .setSubject('alice')
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(material.signing)
  const key = material.verifying.export({ type: 'spki', format: 'pem' }) as string
  // Before originBinding was handed in, the option took its options.
  const origin = 'originBinding' in core ? core.originBinding({ claim: 'aud' }) : { claim: 'aud' }
  const verifier = new core.TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: [{ algorithm: 'ES256', key }],
    origin: origin as core.OriginBinding,
  })
  return { token, verifier }
}

/** The same tiny API without a guard, and behind one that checks token, origin and scope. */
async function api(make: (verifier?: core.TokenVerifier) => RequestListener): Promise<Scenario> {
  const { token, verifier } = await knownToken()
  const headers = { authorization: `Bearer ${token}`, origin: PAGE }
  const servers = [make(), make(verifier)].map((listener) => createServer(listener))
  const [bare, guarded] = await Promise.all(
    servers.map(async (server): Promise<Contender> => {
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve)
      })
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers }
    }),
  )
  if (bare === undefined || guarded === undefined) throw new Error('A server is missing.')
  return { contenders: { 'without auth': bare, 'with auth': guarded } }
}

function inExpress(verifier?: core.TokenVerifier): RequestListener {
  const app = express()
  if (verifier !== undefined) {
    app.use(forExpress.bearerAuth(verifier) as RequestHandler)
    app.use(forExpress.requireScope('orders:read') as RequestHandler)
  }
  app.get('/', (_req, res) => void res.json({ ok: true }))
  return app as RequestListener
}

function inKoa(verifier?: core.TokenVerifier): RequestListener {
  const app = new Koa()
  if (verifier !== undefined) {
    app.use(forKoa.bearerAuth(verifier))
    app.use(forKoa.requireScope('orders:read'))
  }
  app.use((ctx) => {
    ctx.body = { ok: true }
  })
  const answer = app.callback()
  return (request, response) => void answer(request, response)
}

async function verifyKnown(): Promise<Scenario> {
  const { token, verifier } = await knownToken()
  const claims = await verifier.verify(token, { origin: PAGE })
  const until = Date.now() / 1000 + 3600
  return {
    contenders: {
      floor: { call: async () => (Date.now() / 1000 < until ? claims : undefined) },
      'verify()': { call: () => verifier.verify(token, { origin: PAGE }) },
    },
  }
}

async function getToken(): Promise<Scenario> {
  const issued = Date.now() / 1000
  const token = core.createAccessToken({
    value: 'a.b.c',
    expiresAt: issued + 86_400,
    issuedAt: issued,
  })
  const manager = new core.TokenManager({ id: 'bench', origins: [], getToken: async () => token })
  await manager.getToken()
  const { expiresAt } = token
  // An async function that compares two numbers.
  let now = issued
  return {
    contenders: {
      floor: { call: async () => (now < (expiresAt ?? 0) ? token : (now = 0)) },
      'getToken()': { call: () => manager.getToken() },
    },
  }
}

async function throughFetch(): Promise<Scenario> {
  const issued = Date.now() / 1000
  const server = createServer((_req, res) => void res.end('ok'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const token = core.createAccessToken({
    value: 'a.b.c',
    expiresAt: issued + 86_400,
    issuedAt: issued,
  })
  const manager = new core.TokenManager({
    id: 'bench',
    origins: [new URL(url).origin],
    getToken: async () => token,
  })
  const bearer = core.bearerFetch(manager, { origins: [new URL(url).origin] })
  const headers = { authorization: 'Bearer a.b.c' }
  return {
    contenders: {
      'plain fetch': { call: async () => (await fetch(url, { headers })).text() },
      bearerFetch: { call: async () => (await bearer(url)).text() },
    },
    close: () => void server.close(),
  }
}
