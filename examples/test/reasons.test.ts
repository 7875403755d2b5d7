import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  DpopNonces,
  DpopVerifier,
  type GuardOptions,
  type Reason,
  RequestError,
  SourceError,
  TokenIntrospection,
  TokenIssuer,
  type TokenSource,
  TokenVerifier,
  type VerifierOptions,
  originBinding,
} from '@mayfly/core'
import { GrantManager, MemoryGrantStore } from '@mayfly/core/grants'
import {
  bearerAuth,
  injectBearer,
  issueToken,
  type Middleware,
  requireAuthentication,
  requireClaims,
  requireScope,
} from '@mayfly/express'
import {
  createTestIssuer,
  createTestProver,
  FakeClock,
  type MintOptions,
  type ProveOptions,
} from '@mayfly/testing'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import express from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createObservers } from '../observability/open-telemetry.ts'

const AUDIENCE = 'https://api.example.com'
const URL_OF_API = 'https://api.example.com'
const APP = 'https://app.example.com'

const clock = new FakeClock()
const grants = new GrantManager({
  store: new MemoryGrantStore({ clock }),
  sealing: null,
  endpoint: 'https://auth.example.com/token',
  client: { clientId: 'app' },
  origins: ['https://api.example.com'],
  clock,
})
const now = clock.now() / 1000
const issuer = createTestIssuer({ audience: AUDIENCE, clock })
const prover = createTestProver({ clock })
const stranger = createTestProver({ clock })
const dpop = (nonces?: DpopNonces): DpopVerifier =>
  new DpopVerifier({ baseUrl: URL_OF_API, clock, ...(nonces && { nonces }) })

type Fields = Readonly<Record<string, string>>

/** What brings a refusal about. */
interface Scenario {
  readonly status: number
  readonly fields?: () => Fields
  readonly verifier?: Partial<VerifierOptions>
  readonly guard?: () => GuardOptions
  /** What stands in the place of the guard, or behind it. */
  readonly behind?: (observe: GuardOptions['observe'] & {}) => Middleware
  readonly alone?: true
  /** The same request is sent once before, and accepted. */
  readonly twice?: true
}

const bearer = (options: MintOptions = {}) => {
  const token = issuer.mint({ claims: { sub: 'alice' }, ...options })
  return (): Fields => ({ authorization: `Bearer ${token}` })
}
const minted = (claims: MintOptions['claims'] = {}) =>
  bearer({ claims: { sub: 'alice', ...claims } })
const faulty = (fault: NonNullable<MintOptions['fault']>): Scenario => ({
  status: 401,
  fields: bearer({ fault }),
})

/** A request with a token that is bound to a key, and a proof. */
function proven(options: Partial<ProveOptions> = {}, jkt = prover.thumbprint) {
  const accessToken = issuer.mint({
    claims: { sub: 'alice', cnf: jkt === '' ? undefined : { jkt } },
  })
  const proof = prover.prove({ url: `${URL_OF_API}/orders`, accessToken, ...options })
  return (): Fields => ({ authorization: `DPoP ${accessToken}`, dpop: proof })
}

function from(origin: string, policy: object = {}, more: Fields = {}): Scenario {
  const token = minted({ origins: [APP] })
  return {
    status: 403,
    verifier: { origin: originBinding({ claim: 'origins', ...policy }) },
    fields: () => ({ ...token(), ...(origin !== '' && { origin }), ...more }),
  }
}

const overloaded = (): never => {
  const options = { reason: 'overloaded', status: 503, headers: { 'retry-after': '1' } } as const
  throw new RequestError('ERR_OVERLOADED', 'Too many signatures wait to be checked.', options)
}
const down = (): never => {
  throw new Error('the store is down')
}
const source: TokenSource = {
  id: 'failing',
  origins: [URL_OF_API],
  getToken: () => Promise.reject(new SourceError('ERR_MINT_FAILED', 'no token')),
}

/** Every reason there is: one that is new, or gone, does not compile. */
const SCENARIOS: Readonly<Record<Reason, Scenario>> = {
  request_invalid: { status: 400, fields: () => ({ authorization: 'Bearer' }) },
  token_missing: { status: 401 },
  token_malformed: { status: 401, fields: () => ({ authorization: 'Bearer x' }) },
  algorithm_not_allowed: faulty('unsigned'),
  key_unknown: faulty('unknown-key'),
  signature_invalid: faulty('other-key'),
  type_mismatch: { status: 401, fields: minted(), verifier: { type: 'at+jwt' } },
  token_expired: faulty('expired'),
  token_not_yet_valid: faulty('not-yet-valid'),
  token_too_old: { status: 401, fields: minted({ iat: now - 100 }), verifier: { maxTokenAge: 60 } },
  token_replayed: {
    status: 401,
    fields: minted(),
    twice: true,
    verifier: { once: onceOnly() },
  },
  token_superseded: {
    status: 401,
    fields: minted({ gen: 1 }),
    verifier: { generations: { current: () => 2 } },
  },
  token_revoked: {
    status: 401,
    fields: minted(),
    verifier: { revocations: { isRevoked: () => true } },
  },
  claim_missing: faulty('no-expiry'),
  claim_invalid: { status: 401, fields: minted({ sub: 7 }) },
  claims_schema: {
    status: 401,
    fields: minted(),
    verifier: {
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => ({ issues: [{ message: 'no' }] }),
        },
      },
    },
  },
  issuer_mismatch: faulty('other-issuer'),
  audience_mismatch: faulty('other-audience'),
  client_mismatch: {
    status: 401,
    fields: minted({ azp: 'stranger' }),
    verifier: { clientIds: ['shop'] },
  },
  origin_malformed: { ...from(`${APP}/page`), status: 400 },
  origin_mismatch: from('https://evil.example'),
  origin_null: from('null'),
  origin_trailing_dot: from(`${APP}.`),
  origin_required: from('', { missingOrigin: 'deny' }),
  origin_unprovable: from(
    '',
    { missingOrigin: 'fetch-metadata' },
    { 'sec-fetch-site': 'cross-site' },
  ),
  proof_missing: {
    status: 401,
    guard: () => ({ dpop: dpop() }),
    fields: () => ({ authorization: proven()()['authorization'] ?? '' }),
  },
  proof_invalid: {
    status: 401,
    guard: () => ({ dpop: dpop() }),
    fields: proven({ fault: 'other-method' }),
  },
  proof_expired: {
    status: 401,
    guard: () => ({ dpop: dpop() }),
    fields: proven({ fault: 'too-old' }),
  },
  proof_replayed: { status: 401, guard: () => ({ dpop: dpop() }), fields: proven(), twice: true },
  proof_nonce: {
    status: 401,
    guard: () => ({ dpop: dpop(new DpopNonces({ clock })) }),
    fields: proven(),
  },
  key_mismatch: {
    status: 401,
    guard: () => ({ dpop: dpop() }),
    fields: proven({}, stranger.thumbprint),
  },
  key_unproven: { status: 401, fields: minted({ cnf: { jkt: prover.thumbprint } }) },
  key_unbound: { status: 401, guard: () => ({ dpop: dpop() }), fields: proven({}, '') },
  insufficient_scope: {
    status: 403,
    fields: minted({ scope: 'orders:read' }),
    behind: (observe) => requireScope('orders:write', { observe }),
  },
  claims_insufficient: {
    status: 403,
    fields: minted({ permissions: ['orders:read'] }),
    behind: (observe) => requireClaims({ permissions: 'orders:write' }, { observe }),
  },
  insufficient_user_authentication: {
    status: 401,
    fields: minted({ acr: 'pwd' }),
    behind: (observe) => requireAuthentication({ acrValues: ['mfa'], observe }),
  },
  keys_unavailable: {
    status: 503,
    fields: minted(),
    verifier: {
      keys: { jwksUri: 'https://auth.example.com/jwks', fetch: () => Promise.reject(new Error()) },
    },
  },
  overloaded: {
    status: 503,
    fields: minted(),
    verifier: { keys: { version: 0, find: overloaded }, algorithms: ['ES256'] },
  },
  store_unavailable: { status: 503, fields: minted(), verifier: { once: { consume: down } } },
  token_inactive: {
    status: 401,
    fields: () => ({ authorization: 'Bearer opaque' }),
    verifier: { introspection: introspection({ active: false }) },
  },
  introspection_unavailable: {
    status: 503,
    fields: () => ({ authorization: 'Bearer opaque' }),
    verifier: { introspection: introspection('down') },
  },
  issue_refused: {
    status: 403,
    alone: true,
    behind: (observe) =>
      issueToken(new TokenIssuer({ issuer: 'us', clock }), () => undefined, { observe }),
  },
  token_unavailable: {
    status: 503,
    alone: true,
    behind: () => injectBearer(source, { clock }),
  },
  reconnect_needed: {
    status: 409,
    alone: true,
    behind: () => injectBearer(grants.source('nobody yet'), { clock }),
  },
}

function introspection(answer: unknown): TokenIntrospection {
  return new TokenIntrospection({
    endpoint: 'https://auth.example.com/introspect',
    authorization: () => 'Bearer of-this-api',
    fetch: () => Promise.resolve(Response.json(answer)),
  })
}

function onceOnly(): NonNullable<VerifierOptions['once']> {
  const used = new Set<string>()
  return {
    consume: (id) => {
      const isNew = !used.has(id)
      used.add(id)
      return isNew
    },
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('A request that is refused for', () => {
  it.each(Object.entries(SCENARIOS) as [Reason, Scenario][])(
    '%s says so in the error, the body, the event and the metric',
    async (reason, { status, fields = () => ({}), twice, ...scenario }) => {
      const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
      const provider = new MeterProvider({
        readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
      })
      const { inbound } = createObservers(provider.getMeter('mayfly'))
      const events: string[] = []
      const observe: typeof inbound = (event) => {
        if (event.type === 'deny') events.push(event.reason)
        inbound(event)
      }
      const errors = vi.spyOn(RequestError.prototype, 'toProblem')
      const url = await serve(scenario, observe)
      if (twice) expect((await request(url, scenario, fields())).status).toBe(200)

      const answer = await request(url, scenario, fields())
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ reason, status })
      expect(errors.mock.contexts.map((error) => (error as RequestError).reason)).toContain(reason)
      // A token for upstream that cannot be had is told with the code of its source: "token-failed".
      const told = ['token_unavailable', 'reconnect_needed'].includes(reason) ? [] : [reason]
      expect(events).toEqual(told)
      await provider.forceFlush()
      const metrics =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((one) => one.metrics) ?? []
      const denials = metrics.find(({ descriptor }) => descriptor.name === 'mayfly.denials')
      const counted = denials?.dataPoints.map(({ attributes }) => attributes['error.type']) ?? []
      expect(counted).toEqual(told)
      await provider.shutdown()
    },
  )
})

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

type Observing = ReturnType<typeof createObservers>['inbound']

async function serve(
  { verifier = {}, guard, behind, alone }: Omit<Scenario, 'status'>,
  observe: Observing,
): Promise<string> {
  const { keys } = issuer
  const options = { issuer: issuer.issuer, audience: AUDIENCE, keys, clock, observe, ...verifier }
  const app = express()
  if (!alone) app.use(bearerAuth(new TokenVerifier(options), { ...guard?.(), observe }))
  if (behind !== undefined) app.use(behind(observe))
  app.use((_req, res) => void res.json({}))
  const server = app.listen(0, '127.0.0.1')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
}

async function request(
  url: string,
  { alone }: Pick<Scenario, 'alone'>,
  headers: Fields,
): Promise<Response> {
  return fetch(url, { method: alone ? 'POST' : 'GET', headers })
}
