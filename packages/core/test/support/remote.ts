import {
  type RemoteKeysEvent,
  type RemoteKeysSettings,
  TokenVerifier,
  type VerifierEvent,
  type VerifierOptions,
} from '@mayfly/core'
import { type JwksServer, type JwksServerOptions, startJwksServer } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { AUDIENCE } from './inbound.ts'

/** A verifier, the issuer that it fetches its keys from, and the clock of both. */
export interface RemoteBench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly server: JwksServer
  readonly verifier: TokenVerifier
  readonly events: readonly VerifierEvent[]
  /** Waits for the next refresh to end, well or badly. */
  readonly refreshed: () => Promise<RemoteKeysEvent>
}

export interface RemoteBenchOptions {
  readonly server?: JwksServerOptions
  readonly keys?: RemoteKeysSettings
  readonly verifier?: Partial<VerifierOptions>
}

/** Long enough for every test: what ends in them is a key, not a token. */
const DAYS = 100

export async function remoteBench(options: RemoteBenchOptions = {}): Promise<RemoteBench> {
  const clock = new FakeClock()
  const server = await startJwksServer({ clock, audience: AUDIENCE, ...options.server })
  const events: VerifierEvent[] = []
  let waiting: ((event: RemoteKeysEvent) => void)[] = []
  const verifier = new TokenVerifier({
    issuer: server.issuer,
    audience: AUDIENCE,
    keys: { jwksUri: server.jwksUri, ...options.keys },
    clock,
    observe(event) {
      events.push(event)
      if (event.type === 'verify' || event.type === 'deny') return
      for (const resolve of waiting) resolve(event)
      waiting = []
    },
    ...options.verifier,
  })
  return {
    clock,
    server,
    verifier,
    events,
    refreshed: () => new Promise((resolve) => waiting.push(resolve)),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** A token that outlives every cache. */
export function lasting(server: JwksServer, options: { keyId?: string } = {}): string {
  const header = options.keyId === undefined ? {} : { kid: options.keyId }
  return server.mint({ lifetime: DAYS * 86_400, header })
}

/** Waits until a request has come in at a server. */
export function requested(server: JwksServer): Promise<void> {
  return new Promise((resolve) => {
    const end = server.onEvent(() => {
      end()
      resolve()
    })
  })
}

/** Gives the events of refreshes alone. */
export function refreshes(events: readonly VerifierEvent[]): readonly RemoteKeysEvent[] {
  return events.filter((event) => event.type !== 'verify' && event.type !== 'deny')
}
