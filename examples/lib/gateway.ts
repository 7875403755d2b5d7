import {
  type BearerEvent,
  type LearnedClocks,
  type Observe,
  type TokenSource,
  type VerifierEvent,
  TokenManager,
} from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { openAccount } from './account.ts'
import { closeOnSignal, type Running } from './serve.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Where the tokens for the API come from. */
  readonly source: TokenSource
  /** The origin of the API. */
  readonly upstream: string
  /** The origins of the pages that may call. */
  readonly pages: readonly string[]
  /** Default 0: any free port. */
  readonly port?: number
  /** What is known of the API's clock, where several wrappers share it. */
  readonly clocks?: LearnedClocks
  readonly observe?: Observe<BearerEvent | VerifierEvent>
}

/**
 * Runs a gateway by itself. `PORT` (8080) and `PAGE_ORIGIN` (`http://127.0.0.1:3000`) are read from the
 * environment, and the account.
 */
export async function runGateway(
  start: (options: GatewayOptions) => Promise<Running>,
): Promise<void> {
  const { PORT = '8080', PAGE_ORIGIN = 'http://127.0.0.1:3000' } = process.env
  const { credentials, upstream, close } = await openAccount()
  const source = new TokenManager(appStoreConnect({ ...credentials, origins: [upstream] }))
  const gateway = await start({ source, upstream, pages: [PAGE_ORIGIN], port: Number(PORT) })
  console.log(`${gateway.origin} takes calls from ${PAGE_ORIGIN} on to ${upstream}`)
  closeOnSignal(async () => {
    await gateway.close()
    await close()
  })
}
