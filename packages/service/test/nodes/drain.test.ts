import { Agent, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openLedger } from '@mayfly/service'
import { afterEach, expect, it } from 'vitest'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { endNodes, startNode } from './node.ts'

afterEach(endNodes)

const CLIENTS = 16
/** Enough to have every client in the middle of something. */
const WARM = 400

/** What 16 clients with connections of their own met until the node took no more. */
interface Met {
  readonly answered: string[]
  /** The codes of what went wrong. */
  readonly faults: string[]
  /** Answers that told their client to leave. */
  last: number
}

/** Asks with one kept connection until nobody listens any more. */
async function askOn(url: string, name: string, met: Met, onAnswer: () => void): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let count = 0; ; count += 1) {
    const xid = `${name}-${count}`
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        get(`${url}/v1/token/15555551212/${xid}`, { agent }, resolve).on('error', reject)
      })
      await text(answer)
      expect(answer.statusCode).toBe(200)
      met.answered.push(xid)
      if (answer.headers.connection === 'close') met.last += 1
      onAnswer()
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      // From then on nobody is there, which is what a load balancer has heard by now.
      if (code === 'ECONNREFUSED') break
      met.faults.push(code)
      if (met.faults.length > 99) break
    }
  }
  agent.destroy()
}

async function xidsOf(database: string): Promise<Set<string | undefined>> {
  const ledger = await openLedger({ database })
  const xids = new Set<string | undefined>()
  let after: string | undefined
  do {
    const page = await ledger.list({
      kind: 'telesign',
      limit: 200,
      ...(after !== undefined && { after }),
    })
    for (const { xid } of page.tokens) xids.add(xid)
    after = page.next
  } while (after !== undefined)
  await ledger.close()
  return xids
}

it('drains under load: not ready first, no connection reset, no recorded token unanswered', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const node = await startNode({ database, args: ['--no-rate-limits', '--drain', '1s'] })
  const met: Met = { answered: [], faults: [], last: 0 }
  let warm: (() => void) | undefined
  const warmed = new Promise<void>((resolve) => {
    warm = resolve
  })
  const onAnswer = (): void => {
    if (met.answered.length >= WARM) warm?.()
  }
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    askOn(node.url, `c${at}`, met, onAnswer),
  )
  await warmed
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
  node.ask()
  await node.logged(/"msg":"ending"/)
  const ready = await fetch(`${node.url}/readyz`)
  expect([ready.status, await ready.json()]).toStrictEqual([
    503,
    { status: 'draining', checks: {} },
  ])
  await Promise.all(clients)
  expect(await node.exited).toStrictEqual({ code: 0, signal: null })
  expect(met.faults).toStrictEqual([])
  expect(met.last).toBeGreaterThan(CLIENTS)
  expect(await xidsOf(database)).toStrictEqual(new Set(met.answered))
}, 60_000)
