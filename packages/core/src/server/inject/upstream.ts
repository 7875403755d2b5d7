import { BearerSession } from '../../outbound/fetch/bearer-session.ts'
import { type BearerSessionOptions, requireSessionOptions } from '../../outbound/fetch/options.ts'
import { invalid } from '../../base/options.ts'
import { LearnedClocks } from '../../outbound/learned-clock.ts'
import type { TokenSource } from '../../outbound/token.ts'

/**
 * The source of every request's token, or what chooses one for each request: the tenant's own, say,
 * out of a `TokenPool`. A `RequestError` that the choice throws is answered.
 */
export type SourceChoice<Context> =
  | TokenSource
  | ((context: Context) => TokenSource | Promise<TokenSource>)

/** Where one source's tokens go. */
export interface Upstream {
  readonly session: BearerSession
  readonly origin: string
}

/** Compiles the choice of a source. */
export function compileSourceChoice<Context>(
  source: SourceChoice<Context>,
  options: BearerSessionOptions,
  upstream: string | undefined,
): (context: Context) => Upstream | Promise<Upstream> {
  if (typeof source !== 'function') {
    const only = upstreamOf(new BearerSession(source, options), upstream)
    return () => only
  }
  // A server has one clock, whoever calls it.
  const { clock, clocks = new LearnedClocks(clock) } = requireSessionOptions(options)
  return async (context) => {
    const chosen = await source(context)
    await chosen.load?.()
    return upstreamOf(new BearerSession(chosen, { ...options, clocks }), upstream)
  }
}

function upstreamOf(session: BearerSession, upstream: string | undefined): Upstream {
  const { destinations } = session
  const [only] = destinations
  if (upstream === undefined) {
    if (only !== undefined && destinations.size === 1) return { session, origin: only }
    throw invalid(
      'upstream',
      only === undefined
        ? 'This source’s tokens are not sent over HTTP: they go to no origin at all.'
        : `This source’s tokens go to ${[...destinations].join(', ')}: say with "upstream" which of them the proxy calls.`,
    )
  }
  const origin = URL.canParse(upstream) ? new URL(upstream).origin : undefined
  if (origin !== undefined && destinations.has(origin)) return { session, origin }
  throw invalid(
    'upstream',
    `"upstream" must be at one of the origins that this source's tokens are for: ${[...destinations].join(', ') || 'none'}.`,
  )
}
