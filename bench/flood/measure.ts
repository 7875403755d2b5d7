import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import type { Flooded, Order } from './attacker.ts'

/** A process of this folder. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
}

/** Starts a process of this folder. */
export function start(file: string, ...args: readonly string[]): Child {
  const child = fork(join(import.meta.dirname, file), args, { execArgv: ['--conditions=source'] })
  const ended = once(child, 'exit')
  return {
    process: child,
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** The next thing that a process says. */
export async function told<Message>({ process: child }: Child): Promise<Message> {
  const stopping = new AbortController()
  const { signal } = stopping
  try {
    const [message] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => {
        throw new Error('A process of the flood ended by itself.')
      }),
    ])) as [Message]
    return message
  } finally {
    stopping.abort()
  }
}

/** What good traffic got. */
export interface Kept {
  readonly perSecond: number
  readonly p99Ms: number
  /** What the flood came to meanwhile. */
  readonly flood?: Flooded
}

/** Asks with good tokens for as much as the server can give, with a flood beside it or without. */
export async function measure(
  url: string,
  good: readonly string[],
  {
    seconds,
    amount,
    attacker,
    order,
  }: {
    readonly seconds: number
    /** So many requests, however long they take. */
    readonly amount?: number
    readonly attacker?: Child
    readonly order?: Order
  },
): Promise<Kept> {
  let flooding: Promise<Flooded> | undefined
  if (attacker !== undefined && order !== undefined) {
    flooding = told<Flooded>(attacker)
    attacker.process.send(order)
  }
  let next = 0
  const result = await autocannon({
    url,
    connections: 10,
    ...(amount === undefined ? { duration: seconds } : { amount, sampleInt: 50 }),
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          headers: { authorization: `Bearer ${good[next++ % good.length]}` },
        }),
      },
    ],
  })
  const flood = await flooding
  if (result.non2xx + result.errors > 0) {
    throw new Error(`${result.non2xx + result.errors} good requests were refused.`)
  }
  if (flood !== undefined && (flood.others > 0 || flood.refused === 0)) {
    throw new Error(`Of the flood ${flood.others} were not refused, ${flood.refused} were.`)
  }
  const { requests, latency } = result
  return { perSecond: requests.average, p99Ms: latency.p99, ...(flood && { flood }) }
}
