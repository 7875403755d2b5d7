import type { Algorithm } from './algorithms.ts'
import type { Key } from './key.ts'

/** Finds the keys that may have signed a token. */
export interface KeyLookup {
  /** Changes whenever a key was removed or replaced: what it verified counts no longer. */
  readonly version: number
  /**
   * Gives the keys of that algorithm which go by that id, and those that go by none; without an id,
   * all keys of the algorithm. No such key: an empty list.
   */
  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] | Promise<readonly Key[]>
}
