import { Bounded } from '../../base/bounded.ts'
import { alarm, type Clock } from '../../base/clock.ts'
import { Cooldown } from '../../base/cooldown.ts'
import { LearnedClocks } from '../learned-clock.ts'
import type { TokenSource } from '../token.ts'

/** No other token is minted for refusals of an origin for so long, once a new one was refused too. */
const STEPS = { firstMs: 5000, mostMs: 300_000 }

/** Others wait no longer for the one that tries a new token first, in milliseconds. */
const PROBE_TIMEOUT_MS = 2000

/** So many requests, and tokens, are remembered. */
const MAX_REQUESTS = 256
const MAX_TOKENS = 32

/** What tells requests apart: a token may be refused for one and good for another. */
export interface RequestName {
  readonly exact: string
  /** The same for requests of one kind: parts of the path that look like ids are left out. */
  readonly kind: string
}

/** Names a request by its method, its path and its query. Never shown. */
export function nameRequest(method: string, path: string): RequestName {
  const [plain = ''] = path.split('?', 1)
  const kind = plain.replaceAll(/\/(?!v\d+(?:\/|$))(?:[^/]*\d[^/]*|[^/]{25,})/g, '/*')
  return { exact: `${method} ${path}`, kind: `${method} ${kind}` }
}

/**
 * Decides which refusals of one origin are worth another token. A 401 that no token can cure must not
 * cost a mint and a second try on every request, and a token that was revoked has to be replaced.
 */
export class RefusalBrake {
  readonly #clock: Clock
  readonly #cooldown: Cooldown
  /** Where the tokens in use were accepted, the last two of them. */
  readonly #worked = new Map<string, Bounded<string>>()
  /** Which token a request was refused with. */
  readonly #refusedWith = new Map<string, string>()
  /** Requests, and kinds of them, that a new token did not help. */
  readonly #hopeless = new Bounded<string>(MAX_REQUESTS)
  /** Tokens that gave way to another one. */
  readonly #replaced = new Bounded<string>(MAX_TOKENS)
  readonly #failed = new Bounded<string>(MAX_TOKENS)
  readonly #probes = new Map<string, Promise<boolean>>()
  /** A token was replaced, and nothing is known of the new one yet. */
  #isPending = false

  /** What the source made tokens with when a new one was refused, where it tells. */
  credential: Promise<string | undefined> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#cooldown = new Cooldown(clock, STEPS)
  }

  /** Notes that a request was accepted. Only one that had been refused, with another token, ends the brake. */
  accepted(token: string, { exact, kind }: RequestName): void {
    let worked = this.#worked.get(token)
    if (worked === undefined) {
      worked = new Bounded(2 * MAX_REQUESTS)
      this.#worked.set(token, worked)
      for (const oldest of this.#worked.keys()) {
        if (this.#worked.size > 2) this.#worked.delete(oldest)
      }
    }
    worked.add(exact)
    worked.add(kind)
    const before = this.#refusedWith.get(exact)
    if (before === undefined || before === token) return
    this.#refusedWith.delete(exact)
    this.#hopeless.delete(exact)
    this.#hopeless.delete(kind)
    this.#isPending = false
    this.#cooldown.succeed()
  }

  /** Lets the next refusal be worth a token again. */
  release(): void {
    this.credential = undefined
    this.#isPending = false
    this.#cooldown.succeed()
  }

  /** Whether a refusal of this token for this request is not worth another token, for now. */
  holds(token: string, name: RequestName): boolean {
    return !this.#replaced.has(token) && this.#cooldown.active && !this.#isRevocation(token, name)
  }

  /**
   * Decides on a refusal: `replace` the token, which is worth a mint; go on with the one that has
   * `replaced` it already; or `keep` it, as another would fare no better.
   */
  refused(token: string, name: RequestName): 'replace' | 'replaced' | 'keep' {
    if (this.#replaced.has(token)) return 'replaced'
    if (this.#isPending && !this.#isRevocation(token, name)) this.failed(token, name)
    if (this.holds(token, name)) return 'keep'
    this.#note(token, name)
    this.#replaced.add(token)
    this.#isPending = true
    return 'replace'
  }

  /** Notes that a new token did not help a request that the one before was refused for. */
  failed(token: string, name: RequestName): void {
    this.#note(token, name)
    this.#hopeless.add(name.exact)
    this.#hopeless.add(name.kind)
    this.#isPending = false
    if (this.#failed.has(token)) return
    this.#failed.add(token)
    this.prolong()
  }

  /** Makes the pause the next longer one. */
  prolong(): void {
    this.#cooldown.fail({ permanent: false, retryAfterMs: undefined })
  }

  /**
   * Lets the first of many refused requests of one name try the new token, for the others to know.
   * Gives what the first is to call with the outcome, or what the others are told: `false` where the
   * new token does not help.
   */
  probe({ exact }: RequestName): Promise<boolean> | ((helped: boolean) => void) {
    const running = this.#probes.get(exact)
    if (running !== undefined) return running
    let tell: ((helped: boolean) => void) | undefined
    const probe = new Promise<boolean>((resolve) => {
      tell = resolve
    })
    const conclude = (helped: boolean): void => {
      callOff()
      if (this.#probes.get(exact) === probe) this.#probes.delete(exact)
      tell?.(helped)
    }
    const callOff = alarm(this.#clock, PROBE_TIMEOUT_MS, () => conclude(true))
    this.#probes.set(exact, probe)
    return conclude
  }

  /** Whether this very token was good for this request: then it has been revoked since. */
  #isRevocation(token: string, { exact, kind }: RequestName): boolean {
    const worked = this.#worked.get(token)
    if (worked === undefined || this.#hopeless.has(exact) || this.#hopeless.has(kind)) return false
    return worked.has(exact) || worked.has(kind)
  }

  #note(token: string, { exact }: RequestName): void {
    this.#refusedWith.delete(exact)
    this.#refusedWith.set(exact, token)
    for (const oldest of this.#refusedWith.keys()) {
      if (this.#refusedWith.size > MAX_REQUESTS) this.#refusedWith.delete(oldest)
    }
  }
}

/** What all that use one source know of its servers together. */
export interface SourceMemory {
  readonly clock: Clock
  readonly clocks: LearnedClocks
  readonly brakeOf: (origin: string) => RefusalBrake
}

const MEMORIES = new WeakMap<TokenSource, SourceMemory>()

/** The memory of a source: what one wrapper has learned the others know as well. */
export function memoryOf(source: TokenSource, clock: Clock): SourceMemory {
  const known = MEMORIES.get(source)
  if (known?.clock === clock) return known
  const brakes = new Map<string, RefusalBrake>()
  const memory: SourceMemory = {
    clock,
    clocks: new LearnedClocks(clock),
    brakeOf(origin) {
      const brake = brakes.get(origin) ?? new RefusalBrake(clock)
      brakes.set(origin, brake)
      return brake
    },
  }
  MEMORIES.set(source, memory)
  return memory
}
