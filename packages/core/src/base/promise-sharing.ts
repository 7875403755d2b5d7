/**
 * Whether a promise may be awaited by another request than the one that made it: everywhere but on
 * Cloudflare Workers.
 */
export function promisesCanBeShared(): boolean {
  const agent: unknown = (globalThis as { navigator?: { userAgent?: unknown } }).navigator
    ?.userAgent
  return agent !== 'Cloudflare-Workers'
}
