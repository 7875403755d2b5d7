import { createHash } from 'node:crypto'
import { type Clock, OptionError, systemClock } from '@mayfly/core'
import { invalid, type RedisStoreOptions, type Send, sender, STORE_OPTIONS } from './client.ts'

/** The clocks of processes and of Redis differ; nothing is forgotten for that long after its end. */
const MARGIN_MS = 60_000

/** Three thousand years: Redis takes no time that is much longer. */
const LONGEST_MS = 1e14

/** Seconds, the most that the `clockTolerance` of a verifier can be. */
export const LONGEST_TOLERANCE = 3600

/** One kind of keys in Redis, and the commands for them. */
export class Keyspace {
  readonly send: Send
  readonly #prefix: string
  readonly #clock: Clock

  constructor(kind: string, options: RedisStoreOptions, more: readonly string[] = []) {
    if (typeof options !== 'object' || options === null) {
      throw new OptionError(
        'ERR_OPTION_REQUIRED',
        'options',
        'Pass an options object with a client.',
      )
    }
    const known = [...STORE_OPTIONS, ...more]
    for (const name of Object.keys(options)) {
      if (known.includes(name)) continue
      const message = `There is no option "${name.slice(0, 64)}". It takes: ${known.join(', ')}.`
      throw new OptionError('ERR_OPTION_UNKNOWN', name, message)
    }
    const { prefix = 'mayfly', clock = systemClock } = options
    if (typeof prefix !== 'string' || !/^[\w:.{}-]{1,64}$/.test(prefix)) {
      throw invalid('prefix', '"prefix" must be 1 to 64 letters, digits and : . { } _ -')
    }
    this.send = sender(options)
    this.#prefix = `${prefix}:${kind}:`
    this.#clock = clock
  }

  /** The name of a key. What it stands for is hashed: subjects and ids are nobody else's business. */
  name(id: string): string {
    return this.#prefix + createHash('sha256').update(id).digest('base64url')
  }

  /** The name of a key that is no id's. None can be mistaken for it: those of ids are hashes. */
  fixedName(name: string): string {
    return this.#prefix + name
  }

  /** Milliseconds from now to a moment, and a margin. */
  keepMs(expiresAt: number): string {
    if (typeof expiresAt !== 'number' || !Number.isFinite(expiresAt)) {
      throw invalid('expiresAt', '"expiresAt" must be a finite number of seconds.')
    }
    return String(this.remainingMs(expiresAt) + MARGIN_MS)
  }

  /** Milliseconds from now to a moment; 0 where it has passed. */
  remainingMs(expiresAt: number): number {
    const ms = Math.ceil(expiresAt * 1000 - this.#clock.now())
    return Math.min(Math.max(0, ms), LONGEST_MS)
  }
}
