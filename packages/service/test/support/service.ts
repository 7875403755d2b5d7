import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeClock } from '@mayfly/testing'
import { onTestFinished } from 'vitest'
import {
  createTokenService,
  type Ledger,
  openApiDocument,
  openLedger,
  SCOPES,
  type Scope,
  type ServiceEvent,
  type TokenService,
  type TokenServiceOptions,
} from '../../src/index.ts'
import { judging } from './judging.ts'
import { OpenApiCheck } from './openapi-check.ts'

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON. */
  readonly json: Record<string, unknown>
}

/** How to ask. */
export interface Ask {
  readonly method?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  readonly body?: string
}

/** A service on a port of its own, all of whose answers are held to the OpenAPI document. */
export interface LiveService {
  readonly url: string
  readonly service: TokenService
  readonly ledger: Ledger
  readonly clock: FakeClock
  readonly check: OpenApiCheck
  readonly events: ServiceEvent[]
  /** A console token with all scopes. */
  readonly admin: string
  readonly ask: (target: string, ask?: Ask) => Promise<Answer>
  /** A console token of a client with these scopes, which may have anything in its tokens. */
  readonly client: (name: string, ...scope: readonly Scope[]) => Promise<string>
}

export const ISSUER = 'https://auth.example.com'
export const TELESIGN = {
  customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  apiKey: 'dGVsZXNpZ24tdGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg==',
} as const
/** What a client may have whom nothing is kept from. */
export const UNBOUND = { audiences: '*', origins: '*', subjects: '*', scopes: '*' } as const

/** Of no worth: it seals nothing that outlives a test. */
const SEAL_KEY = Buffer.alloc(32, 7).toString('base64url')
export const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Opens a service for one test. */
export async function openService(
  options: Partial<TokenServiceOptions> = {},
): Promise<LiveService> {
  const clock = options.clock instanceof FakeClock ? options.clock : new FakeClock()
  const events: ServiceEvent[] = []
  const ledger = options.ledger ?? (await openLedger({ database: ':memory:', clock }))
  const settings: TokenServiceOptions = {
    issuer: ISSUER,
    telesign: TELESIGN,
    rateLimits: null,
    sealKeys: [SEAL_KEY],
    ...options,
    ledger,
  }
  const service = await createTokenService({
    clock,
    logger: SILENT,
    observe: (event) => void events.push(event),
    ...settings,
  })
  const { issuer, voicegain = true, metrics = 'public' } = settings
  const telesign = settings.telesign && (settings.telesign.access ?? 'public')
  const check = new OpenApiCheck(
    openApiDocument({
      issuer,
      voicegain,
      metrics,
      ...(telesign !== undefined && { telesign }),
    }),
  )
  const judge = judging(service.router, check)
  const server = createServer(judge.listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Not in a hook of this module: files share it, and a hook is only the first one's.
  onTestFinished(async () => {
    await endServer(server)
    await service.close()
    await ledger.close()
    judge.settle()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    service,
    ledger,
    clock,
    check,
    events,
    admin: await service.createConsoleToken('root', { scope: SCOPES }),
    ask: (target, ask = {}) => askService(url, target, { ask, check }),
    client: (name, ...scope) => service.createConsoleToken(name, { scope, bounds: UNBOUND }),
  }
}

async function askService(
  url: string,
  target: string,
  { ask, check }: { ask: Ask; check: OpenApiCheck },
): Promise<Answer> {
  const { token, form, json } = ask
  const body = form === undefined ? ask.body : new URLSearchParams(form).toString()
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const sent = json === undefined ? body : JSON.stringify(json)
  const method = ask.method ?? (sent === undefined ? 'GET' : 'POST')
  const response = await fetch(url + target, {
    method,
    redirect: 'error',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(sent !== undefined && { 'content-type': type }),
      ...ask.headers,
    },
    ...(sent !== undefined && { body: sent }),
  })
  const text = await response.text()
  const { status, headers } = response
  check.judge({ method, target, status, headers, body: text })
  return {
    status,
    headers,
    text,
    get json() {
      return JSON.parse(text) as Record<string, unknown>
    },
  }
}

function endServer(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  return ended
}
