/**
 * Gets every event of the thing it was given to. Events have bounded labels and durations, and never
 * hold a token, a key or a query string. What an observer throws, or rejects with, harms nobody.
 */
export type Observe<Event extends { readonly type: string }> = (event: Event) => void

/** Hands an event to an observer; whatever the observer does wrong stays with it. */
export function notify<Event extends { readonly type: string }>(
  observe: Observe<Event> | undefined,
  event: Event,
): void {
  if (observe === undefined) return
  try {
    const outcome: unknown = observe(event)
    if (outcome instanceof Promise) outcome.catch(() => {})
  } catch {
    // An observer is a bystander: its failure must not become the caller's.
  }
}
