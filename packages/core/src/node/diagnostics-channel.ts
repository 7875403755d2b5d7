import { channel } from 'node:diagnostics_channel'
import { requireString } from '../base/options.ts'
import { notify, type Observe } from '../base/observe.ts'

/** What {@link publishEvents} puts on its channel. */
export interface PublishedEvent {
  /** What tells this observer's events from others', as it was given. */
  readonly source: string
  readonly event: { readonly type: string }
}

/**
 * Makes an observer that publishes every event on the `diagnostics_channel` named `mayfly`, so that
 * monitoring can subscribe without the program knowing. Nothing is published while nobody listens.
 *
 * @param source a name for the observed thing, such as `'app-store'`; keep the set of names small.
 * @param next an observer that gets the events too.
 * @throws {OptionError} `ERR_OPTION_INVALID` for an empty name.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import { TokenManager, type TokenSource } from '@mayfly/core'
 * import { publishEvents } from '@mayfly/core/node'
 *
 * export function observed(source: TokenSource): TokenManager {
 *   subscribe('mayfly', (message) => console.log(message))
 *   return new TokenManager(source, { observe: publishEvents('app-store') })
 * }
 * ```
 */
export function publishEvents<Event extends { readonly type: string }>(
  source: string,
  next?: Observe<Event>,
): Observe<Event> {
  requireString(source, 'source', 128)
  const events = channel('mayfly')
  return (event) => {
    if (events.hasSubscribers) {
      const message: PublishedEvent = { source, event }
      events.publish(message)
    }
    notify(next, event)
  }
}
