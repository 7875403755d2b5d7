/**
 * The demo: a sandbox of App Store Connect, a gateway on Express and one on Koa in front of it, and a
 * page that shows the life of the token between them.
 *
 *     npm start
 */
import { systemClock } from '@mayfly/core'
import express from 'express'
import { startExpressGateway } from '../express-gateway/gateway.ts'
import { startKoaGateway } from '../koa-gateway/gateway.ts'
import type { GatewayOptions } from '../lib/gateway.ts'
import { closeOnSignal, type Running, serve } from '../lib/serve.ts'
import { createActions } from './actions.ts'
import { Journal } from './journal.ts'
import { LIFE, startOutbound } from './outbound.ts'
import { createForeignPage, createPage, type PageConfig } from './page.ts'
import { describeInbound } from './words.ts'

/** A running demo. */
export interface Demo extends Running {
  readonly config: PageConfig
}

/** Starts all of the demo; the page listens on the given port, everything else on free ones. */
export async function startDemo({ port = 0 }: { readonly port?: number } = {}): Promise<Demo> {
  const app = express().disable('x-powered-by')
  const foreignApp = express().disable('x-powered-by')
  // The gateways have to know the pages' origins and the pages theirs: the ports come first.
  const page = await serve(app, port)
  const foreign = await serve(foreignApp)

  const clock = systemClock
  const journal = new Journal(clock)
  const outbound = await startOutbound(journal, clock)
  const { sandbox, manager, clocks } = outbound

  const optionsFor = (name: string): GatewayOptions => ({
    source: manager,
    upstream: sandbox.origin,
    // Both pages may call. Each gets tokens for its own origin, and only those are good there.
    pages: [page.origin, foreign.origin],
    clocks,
    observe(event) {
      // The gateways verify with keys of their own, so that none are fetched.
      if (event.type === 'jwks-refresh' || event.type === 'jwks-refresh-failed') return
      if (event.type === 'verify' || event.type === 'deny') {
        const remark = describeInbound(name, event)
        if (remark !== undefined) journal.note(remark)
      } else outbound.observe(event)
    },
  })
  const expressGateway = await startExpressGateway(optionsFor('Express'))
  const koaGateway = await startKoaGateway(optionsFor('Koa'))

  const { origin } = page
  const config: PageConfig = {
    gateways: { Express: expressGateway.origin, Koa: koaGateway.origin },
    foreign: foreign.origin,
    life: LIFE,
  }
  const actions = createActions(outbound, journal)
  app.use(createPage({ origin, config, journal, snapshot: outbound.snapshot, actions }))
  foreignApp.use(createForeignPage(origin, config))

  const parts = [page, foreign, expressGateway, koaGateway, sandbox]
  return {
    origin,
    config,
    async close() {
      await Promise.all(parts.map((part) => part.close()))
    },
  }
}

/** Starts the demo on a port that is easy to remember, or on a free one where that is taken. */
async function startOnFriendlyPort(port: number): Promise<Demo> {
  try {
    return await startDemo({ port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    console.log(`Port ${port} is taken, so the demo takes a free one.`)
    return startDemo()
  }
}

if (import.meta.main) {
  const demo = await startOnFriendlyPort(Number(process.env['PORT'] ?? 4800))
  const { gateways } = demo.config
  console.log(`
  Mayfly is running. Open this page:

      ${demo.origin}

  Express gateway   ${gateways['Express']}
  Koa gateway       ${gateways['Koa']}

  Ctrl-C ends it.
`)
  closeOnSignal(async () => {
    await demo.close()
    console.log('  Mayfly has ended.')
  })
}
