import { type Clock, type Deadline, deadline, untilAborted } from '../base/clock.ts'
import { type JsonObject, parseJsonObject } from '../base/json.ts'
import { clockOption, optionalFunction, optionalNumber } from '../base/options.ts'
import { SourceError } from '../base/errors.ts'
import { BodyTooLong, type CallResponse, callOnce, type CallRequest, Redirected } from './call.ts'
import { nameOfUrl } from './endpoint.ts'

/** No answer with a token in it is longer than this. */
const MAX_BYTES = 262_144

/** How a server is called that gives tokens. */
export interface ExchangeOptions {
  /** The `fetch` underneath. Default: the global one, looked up at each call. */
  readonly fetch?: typeof fetch | undefined
  /** How long one call may take, its answer's body included, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined
  /** What the call is timed by. Default: the machine's. */
  readonly clock?: Clock | undefined
}

/** One call. Its URL was checked by `requireEndpoint`. */
export type ExchangeRequest = CallRequest

/** An answer, whatever its status, read to its end. */
export type ExchangeResponse = CallResponse

/** Parses an answer's text as a JSON object, or `undefined`. */
export function jsonOf({ text }: ExchangeResponse): JsonObject | undefined {
  return parseJsonObject(new TextEncoder().encode(text), { maxBytes: MAX_BYTES })
}

/** Calls a server once; a signal ends the call. */
export type Exchange = (request: ExchangeRequest, signal?: AbortSignal) => Promise<ExchangeResponse>

/**
 * Makes the function that calls servers with credentials: within a time, with a bounded answer, and
 * without ever following a redirect, which would take the credentials elsewhere.
 *
 * The function rejects with a `SourceError`: `ERR_MINT_TIMEOUT`, or `ERR_MINT_FAILED` when no answer
 * came, when it is too long, or when it is a redirect; and with the signal's own reason.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for `fetch` or `timeoutMs`.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  const send = optionalFunction(options.fetch, 'fetch')
  const bounds = { min: 1, max: 3_600_000, unit: 'milliseconds' }
  const timeoutMs = optionalNumber(options.timeoutMs, 'timeoutMs', bounds) ?? 10_000
  const clock = clockOption(options.clock)
  return async (request, signal) => {
    signal?.throwIfAborted()
    const limit = deadline(clock, timeoutMs, signal)
    try {
      const { signal: either } = limit
      const parts = { fetch: send ?? globalThis.fetch, clock, signal: either, maxBytes: MAX_BYTES }
      // A `fetch` of the caller's own may ignore its signal.
      return await untilAborted(callOnce(request, parts), either)
    } catch (error) {
      signal?.throwIfAborted()
      throw faultOf(error, { request, limit, timeoutMs })
    } finally {
      limit.end()
    }
  }
}

interface FaultParts {
  readonly request: ExchangeRequest
  readonly limit: Deadline
  readonly timeoutMs: number
}

function faultOf(error: unknown, { request, limit, timeoutMs }: FaultParts): SourceError {
  const name = nameOfUrl(request.url)
  if (error instanceof Redirected) {
    return new SourceError(
      'ERR_MINT_FAILED',
      `${name} redirects${error.where}. Credentials do not follow redirects: configure the final URL.`,
    )
  }
  if (limit.isOver) {
    return new SourceError('ERR_MINT_TIMEOUT', `${name} did not answer within ${timeoutMs} ms.`, {
      cause: error,
    })
  }
  const what =
    error instanceof BodyTooLong
      ? 'answered with more than a token can be'
      : 'could not be reached, or broke off; the cause says more'
  return new SourceError('ERR_MINT_FAILED', `${name} ${what}.`, { cause: error })
}
