import { invalid, requireNumber } from '@mayfly/core/adapter'
import type { SandboxReply } from './vendor.ts'

/** A failure that the sandbox was asked to answer with. */
export interface Failure {
  readonly status: number
  /** Seconds to send as `Retry-After`. */
  readonly retryAfter?: number
  /** The only path that it is for. Default: any. */
  readonly path?: string
}

/**
 * What may happen to an answer's body on its way. `malformed`: it stops halfway, and looks complete.
 * `stalled`: half of it comes, and then nothing. `endless`: half of it comes, and then more and more.
 * `cut`: half of it comes, and then the connection breaks.
 */
export type Spoilage = 'malformed' | 'stalled' | 'endless' | 'cut'

const SPOILAGES: readonly Spoilage[] = ['malformed', 'stalled', 'endless', 'cut']

interface Spoiled {
  readonly spoilage: Spoilage
  readonly path?: string
}

/** The faults that a sandbox was asked for. */
export class Faults {
  readonly #redirects = new Map<string, SandboxReply>()
  #failures: readonly Failure[] = []
  #spoiled: readonly Spoiled[] = []

  failNext(count: number, failure: Failure): void {
    requireNumber(count, 'count', { min: 1, max: 1_000_000, integer: true, unit: '' })
    requireNumber(failure.status, 'status', { min: 400, max: 599, integer: true, unit: '' })
    const more = Array.from({ length: count }, () => failure)
    this.#failures = [...this.#failures, ...more]
  }

  redirect(path: string, location: string, status: number): () => void {
    if (!path.startsWith('/') || path.includes('?')) {
      throw invalid('path', '"path" must start with "/" and have no query.')
    }
    requireNumber(status, 'status', { min: 300, max: 399, integer: true, unit: '' })
    const reply = { status, headers: { location } }
    this.#redirects.set(path, reply)
    return () => {
      if (this.#redirects.get(path) === reply) this.#redirects.delete(path)
    }
  }

  spoilNext(count: number, spoiled: Spoiled): void {
    requireNumber(count, 'count', { min: 1, max: 1_000_000, integer: true, unit: '' })
    if (!SPOILAGES.includes(spoiled.spoilage)) {
      throw invalid('spoilage', `"spoilage" must be one of ${SPOILAGES.join(', ')}.`)
    }
    const more = Array.from({ length: count }, () => spoiled)
    this.#spoiled = [...this.#spoiled, ...more]
  }

  takeFailure(path: string): Failure | undefined {
    const next = this.#failures.find((one) => one.path === undefined || one.path === path)
    this.#failures = without(this.#failures, next)
    return next
  }

  takeSpoilage(path: string): Spoilage | undefined {
    const next = this.#spoiled.find((one) => one.path === undefined || one.path === path)
    this.#spoiled = without(this.#spoiled, next)
    return next?.spoilage
  }

  redirectFor(path: string): SandboxReply | undefined {
    return this.#redirects.get(path)
  }
}

/** A list without the first of one item. The same object may be in it many times. */
function without<Item>(list: readonly Item[], item: Item | undefined): readonly Item[] {
  return item === undefined ? list : list.toSpliced(list.indexOf(item), 1)
}
