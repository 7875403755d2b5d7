import type { Generations, OneTimeGuard, Revocations, TokenStore } from '@mayfly/core'

/** Stores as one process has them. */
export interface OpenStores {
  readonly once: OneTimeGuard
  readonly revocations: Revocations
  readonly generations: Generations
  /** Where tokens are shared, by stores that do that. */
  readonly tokens?: TokenStore
}

/** What {@link storeConformance} needs to know of stores. */
export interface StoresDriver {
  /**
   * Opens empty stores, for as many processes as are asked for: what one of them is told, the others
   * know. Stores of one process alone give the same ones each time.
   */
  open(processes: number): Promise<AsyncDisposable & { readonly processes: readonly OpenStores[] }>
}
