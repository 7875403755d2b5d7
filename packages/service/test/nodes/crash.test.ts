import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { expectKept, inParallel } from './expect-kept.ts'
import { Load, type Order, Orders, sendOrder } from './load.ts'
import { endNodes, makeConsoleTokens, startNode } from './node.ts'

/** How often it is killed. `MAYFLY_KILLS=200` for a long run. */
const KILLS = Number(process.env['MAYFLY_KILLS'] ?? 4)

afterEach(endNodes)

it(
  'forgets nothing that it has answered, and answers no xid twice, when it is killed under load again and again',
  async () => {
    const database = join(temporaryFolder(), 'mayfly.db')
    const [token = ''] = await makeConsoleTokens(database, ['load'])
    const start = () => startNode({ database, args: ['--no-rate-limits', '--log-level', 'silent'] })
    const everGiven = []
    let node = await start()
    for (let kill = 0; kill < KILLS; kill += 1) {
      const load = new Load({
        urls: [node.url],
        tokens: [token],
        orders: new Orders(`kill-${kill}`),
        together: 4 + 12 * (kill % 3),
        tries: 1,
      })
      // Sometimes with the first answers, sometimes later.
      await load.more(1 + 60 * (kill % 4))
      await node.kill()
      await load.end()
      // But for requests that the crash has cut off, nothing was refused.
      expect(load.failures.filter(({ status }) => status !== 0)).toStrictEqual([])
      everGiven.push(...load.given)
      node = await start()
      await expectAnsweredOnce(node.url, load)
    }
    expect(everGiven.length).toBeGreaterThanOrEqual(KILLS)
    await expectKept(node.url, everGiven, [token])
  },
  20_000 + KILLS * 5000,
)

/** Asks for every xid again: what was answered is taken, and what was not is taken or given now. */
async function expectAnsweredOnce(url: string, { ordered, given }: Load): Promise<void> {
  const answered = new Set(given.map(({ tokenId }) => tokenId))
  const wrong: unknown[] = []
  await inParallel(ordered, async (order: Order) => {
    if (order.kind !== 'telesign') return
    const { status } = await sendOrder(url, order, '')
    const allowed = answered.has(order.xid) ? [409] : [200, 409]
    if (!allowed.includes(status)) wrong.push([order.xid, status])
  })
  expect(wrong).toStrictEqual([])
}
