/** What a harness has in its hands. */
export interface FenceContext {
  /** Runs the fence to its last line; gives back what it exports. */
  readonly load: () => Promise<Readonly<Record<string, unknown>>>
  /** The lines that it printed so far. */
  readonly printed: readonly string[]
  /** The addresses of the servers that it started, once they listen, in the order of their start. */
  readonly urls: () => Promise<readonly string[]>
  /** Sends what the fence fetches from `origin` to a server on this machine instead. */
  readonly route: (origin: string, to: string) => void
}

/**
 * Runs one fence: prepares what it needs, calls `load`, checks what came of it. Whatever it throws
 * fails the fence. It lives in `scripts/fences/harness/NAME.ts` as `export const harness`, and a fence
 * asks for it with a comment before it: `<!-- run: NAME -->`.
 */
export type Harness = (context: FenceContext) => Promise<void>
