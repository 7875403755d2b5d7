import { type Clock, OptionError, systemClock } from '@mayfly/core'
import { answerDeadline } from '@mayfly/core/adapter'
import { RedisStoreError } from './errors.ts'

/** A client of `redis` (node-redis), connected, of one server, or a pool of such clients. */
export interface NodeRedisLike {
  /** Sends a command: its name, and what follows it. */
  sendCommand(args: string[], options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** A client of `ioredis`. */
export interface IoRedisLike {
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>
  /** `ready`, or what keeps it from being that. */
  readonly status?: string
  /** Tells once that it is ready. */
  once?(event: 'ready', listener: () => void): unknown
}

/** A client of `redis` (node-redis) for a cluster, connected: what `createCluster` makes. */
export interface NodeRedisClusterLike {
  /** Sends a command to the server that has a key. */
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<unknown>
  /** Tells it from other clients. */
  getSlotMaster(slot: number): unknown
}

/** A client of `redis` (node-redis) by way of Sentinel, connected: what `createSentinel` makes. */
export interface NodeRedisSentinelLike {
  /** Sends a command to the server that is the master now. */
  sendCommand(
    isReadonly: boolean | undefined,
    args: string[],
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<unknown>
  /** Tells it from other clients. */
  getMasterNode(): unknown
}

/** Any client that can send a command as it is. */
export type RedisClient = NodeRedisLike | NodeRedisClusterLike | NodeRedisSentinelLike | IoRedisLike

/** What every store in Redis is told. */
export interface RedisStoreOptions {
  /**
   * A client of `redis` or `ioredis`. It is used, and neither connected nor closed here. What its server
   * forgets, guards nothing any more: give it `maxmemory-policy noeviction`, and let it write to disk.
   */
  readonly client: RedisClient
  /**
   * What the names of keys begin with. Default `mayfly`. Stores for tokens of different issuers need
   * different ones: two issuers may give a token or a subject the same id.
   */
  readonly prefix?: string
  /** How long a command may take, in milliseconds. Default 1000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** The names of {@link RedisStoreOptions}. */
export const STORE_OPTIONS: readonly string[] = ['client', 'prefix', 'timeoutMs', 'clock']

/** Sends commands, and fails in good time. */
export type Send = (args: readonly string[], signal?: AbortSignal) => Promise<unknown>

/**
 * Makes the function that sends commands. A client that has lost its server keeps commands for later,
 * but whoever held the request has been refused by then: a token that was used up after that would be
 * refused once more, and as replayed. So a command that is given up is not sent any more, as far as it
 * was not on its way.
 */
export function sender({ client, timeoutMs = 1000 }: RedisStoreOptions): Send {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 1 && timeoutMs <= 60_000)) {
    throw invalid('timeoutMs', '"timeoutMs" must be a number of milliseconds, 1 to 60000.')
  }
  const run = commandOf(client)
  return async (args, signal) => {
    const limit = answerDeadline(systemClock, timeoutMs, signal)
    try {
      return await within(limit.signal, run(args, limit.signal))
    } finally {
      limit.end()
    }
  }
}

type Run = (args: readonly string[], limit: AbortSignal) => Promise<unknown>

function commandOf(client: unknown): Run {
  if (typeof client === 'object' && client !== null) {
    // A client of ioredis has a method sendCommand too, which takes something else.
    if ('call' in client && typeof client.call === 'function') {
      return ioredisCommand(client as IoRedisLike)
    }
    if ('sendCommand' in client && typeof client.sendCommand === 'function') {
      return nodeRedisCommand(client as NodeRedisClient)
    }
  }
  throw invalid('client', '"client" must be a client of redis or ioredis.')
}

type NodeRedisClient = NodeRedisLike | NodeRedisClusterLike | NodeRedisSentinelLike

/** The three kinds of client take three lists of arguments. No answer may come from a replica. */
function nodeRedisCommand(client: NodeRedisClient): Run {
  if ('getSlotMaster' in client) {
    return async (args, abortSignal) =>
      client.sendCommand(keyOf(args), false, [...args], { abortSignal })
  }
  if ('getMasterNode' in client) {
    return async (args, abortSignal) => client.sendCommand(false, [...args], { abortSignal })
  }
  return async (args, abortSignal) => client.sendCommand([...args], { abortSignal })
}

/** The one key of a command: it says where in a cluster the command goes. */
function keyOf([command, first, , afterCount]: readonly string[]): string | undefined {
  return command === 'EVAL' ? afterCount : first
}

/** Where ioredis is on its way back to the server. In all other states it connects, or fails at once. */
const AWAY: ReadonlySet<string | undefined> = new Set([
  'connecting',
  'connect',
  'close',
  'reconnecting',
])

/** What ioredis has queued cannot be taken back, so that commands wait here until it is ready. */
function ioredisCommand(client: IoRedisLike): Run {
  let ready: Promise<void> | undefined
  const untilReady = (): Promise<void> => {
    ready ??= new Promise((resolve) => {
      client.once?.('ready', () => {
        ready = undefined
        resolve()
      })
    })
    return ready
  }
  return async ([command = '', ...rest], limit) => {
    if (AWAY.has(client.status) && client.once !== undefined) await untilReady()
    limit.throwIfAborted()
    return client.call(command, ...rest)
  }
}

async function within(limit: AbortSignal, answer: Promise<unknown>): Promise<unknown> {
  let giveUp: (() => void) | undefined
  const late = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(timedOut())
    if (limit.aborted) giveUp()
    else limit.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    if (error instanceof RedisStoreError) throw error
    // The client may have heard first that the time is up.
    if (limit.aborted) throw timedOut()
    throw new RedisStoreError(
      'ERR_REDIS_FAILED',
      `Redis failed, or is out of reach${reasonOf(error)}.`,
    )
  } finally {
    if (giveUp !== undefined) limit.removeEventListener('abort', giveUp)
    // One that answers later still has been answered for.
    answer.catch(() => {})
  }
}

function timedOut(): RedisStoreError {
  return new RedisStoreError('ERR_REDIS_TIMEOUT', 'Redis did not answer in time.')
}

/**
 * What may be told of a client's error. The error itself goes no further: ioredis puts the command on
 * it, and Redis repeats arguments in its message, so that it would show what is stored.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const code = 'code' in error ? String(error.code) : error.name
  const [word] = /^[A-Z]{3,32}(?= )/.exec(error.message) ?? [code]
  return /^\w{3,64}$/.test(word) ? ` (${word})` : ''
}

/** Makes the error for an option whose value cannot be used. */
export function invalid(option: string, message: string): OptionError {
  return new OptionError('ERR_OPTION_INVALID', option, message)
}
