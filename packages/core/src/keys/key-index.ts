import type { Algorithm } from './algorithms.ts'
import type { Key } from './key.ts'

/** Imported keys, by algorithm and id. Ids come from the wire: they are compared, and nothing else. */
export class KeyIndex {
  readonly #byAlgorithm = new Map<Algorithm, AlgorithmKeys>()

  constructor(keys: readonly Key[]) {
    for (const key of keys) {
      const known = this.#byAlgorithm.get(key.algorithm)
      if (known === undefined) this.#byAlgorithm.set(key.algorithm, new AlgorithmKeys(key, keys))
    }
  }

  /** The keys of an algorithm that go by an id, and after them those that go by none. */
  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] {
    return this.#byAlgorithm.get(algorithm)?.find(keyId) ?? NO_KEYS
  }
}

const NO_KEYS: readonly Key[] = Object.freeze([])

class AlgorithmKeys {
  readonly #all: readonly Key[]
  readonly #nameless: readonly Key[]
  readonly #byId: ReadonlyMap<string, readonly Key[]>

  constructor({ algorithm }: Key, keys: readonly Key[]) {
    const all = keys.filter((key) => key.algorithm === algorithm)
    const nameless = all.filter(({ keyId }) => keyId === undefined)
    this.#all = Object.freeze(all)
    this.#nameless = Object.freeze(nameless)
    this.#byId = new Map(
      all.flatMap((key) =>
        key.keyId === undefined ? [] : [[key.keyId, Object.freeze([key, ...nameless])]],
      ),
    )
  }

  find(keyId: string | undefined): readonly Key[] {
    if (keyId === undefined) return this.#all
    return this.#byId.get(keyId) ?? this.#nameless
  }
}
