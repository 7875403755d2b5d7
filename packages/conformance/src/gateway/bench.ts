import type { IncomingMessage } from 'node:http'
import { createAccessToken, type TokenSource } from '@mayfly/core'
import { type InjectOptions } from '@mayfly/core/adapter'
import { appStoreConnect } from '@mayfly/core/vendors'
import { openServer, type Site } from '../bench.ts'
import { FakeClock } from '@mayfly/testing'
import {
  type AppStoreConnectSandbox,
  type AppStoreConnectSandboxOptions,
  startAppStoreConnectSandbox,
} from '@mayfly/sandboxes'
import type { Gateway, GatewayDriver } from './driver.ts'

/** What a case works with: a clock, and the means to open a gateway. */
export interface GatewayBench {
  readonly clock: FakeClock
  readonly open: (
    target: string,
    source: Gateway['source'],
    more?: Partial<Pick<Gateway, 'options' | 'look'>>,
  ) => Promise<Site>
}

/** A case before it is bound to a driver. */
export interface GatewayCase {
  readonly name: string
  readonly run: (bench: GatewayBench) => Promise<void>
}

/** Makes what one case works with. */
export function createGatewayBench(driver: GatewayDriver): GatewayBench {
  const clock = new FakeClock()
  return {
    clock,
    open: (target, source, more = {}) => {
      const options: InjectOptions = { clock, ...more.options }
      const { look = () => {} } = more
      return openServer(driver.mount({ target, source, options, look }))
    },
  }
}

/** App Store Connect, and a source of tokens for it. `minted` counts them. */
export interface AppleBench extends AsyncDisposable {
  readonly sandbox: AppStoreConnectSandbox
  readonly source: TokenSource
  readonly minted: () => number
}

/** Starts App Store Connect's sandbox on the case's clock. */
export async function openApple(
  clock: FakeClock,
  options: AppStoreConnectSandboxOptions = {},
): Promise<AppleBench> {
  const sandbox = await startAppStoreConnectSandbox({ clock, ...options })
  const signing = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin], clock })
  let minted = 0
  const source: TokenSource = {
    ...signing,
    getToken: (asked) => {
      minted += 1
      return signing.getToken(asked)
    },
  }
  return {
    sandbox,
    source,
    minted: () => minted,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

/** A source whose tokens say whose they are. */
export function sourceOf(owner: string, origin: string, clock: FakeClock): TokenSource {
  return {
    id: owner,
    origins: [origin],
    lifetime: 600,
    getToken: async () => {
      const issuedAt = Math.floor(clock.now() / 1000)
      const times = { issuedAt, expiresAt: issuedAt + 600 }
      return createAccessToken({ value: `token-of-${owner}`, origins: [origin], ...times })
    },
  }
}

/** Holds callers back until so many have come. */
export function barrier(count: number): () => Promise<void> {
  const { opened, open } = createGate()
  let waiting = 0
  return () => {
    waiting += 1
    if (waiting === count) open()
    return opened
  }
}

/** A promise, and what fulfils it. */
export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let resolveIt: (() => void) | undefined
  const opened = new Promise<void>((resolve) => {
    resolveIt = resolve
  })
  return { opened, open: () => resolveIt?.() }
}

/** All that Node knows of a request's fields and its URL, as text. */
export function everythingOf(request: IncomingMessage): string {
  const { headers, rawHeaders, headersDistinct, url } = request
  const { originalUrl } = request as { readonly originalUrl?: unknown }
  return JSON.stringify({ headers, rawHeaders, headersDistinct, url, originalUrl })
}
