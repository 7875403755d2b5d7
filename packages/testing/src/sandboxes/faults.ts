import { invalidOption, wholeNumber } from '../options.ts'
import type { SandboxReply } from './vendor.ts'

/** A failure that the sandbox was asked to answer with. */
export interface Failure {
  readonly status: number
  /** Seconds to send as `Retry-After`. */
  readonly retryAfter?: number
}

/** The faults that a sandbox was asked for: answers that come before any token is judged. */
export class Faults {
  readonly #redirects = new Map<string, SandboxReply>()
  #failures: readonly Failure[] = []

  failNext(count: number, failure: Failure): void {
    wholeNumber(count, 'count', [1, 1_000_000])
    wholeNumber(failure.status, 'status', [400, 599])
    const more = Array.from({ length: count }, () => failure)
    this.#failures = [...this.#failures, ...more]
  }

  redirect(path: string, location: string, status: number): () => void {
    if (!path.startsWith('/') || path.includes('?')) {
      throw invalidOption('path', '"path" must start with "/" and have no query.')
    }
    wholeNumber(status, 'status', [300, 399])
    const reply = { status, headers: { location } }
    this.#redirects.set(path, reply)
    return () => {
      if (this.#redirects.get(path) === reply) this.#redirects.delete(path)
    }
  }

  takeFailure(): Failure | undefined {
    const [next, ...rest] = this.#failures
    this.#failures = rest
    return next
  }

  redirectFor(path: string): SandboxReply | undefined {
    return this.#redirects.get(path)
  }
}
