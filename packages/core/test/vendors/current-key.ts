import { type Algorithm, importKey, type Key } from '@mayfly/core'

/** A key as a vendor hands it out. */
interface KeyFile {
  readonly keyId: string
  readonly privateKey: string
}

/** The key in use, and all that were: what a callback gives to a source, and what must not be seen. */
export class CurrentKey {
  readonly secrets: string[] = []
  readonly #algorithm: Algorithm
  #keyId = ''
  #key: Promise<Key> | undefined

  constructor(first: KeyFile, algorithm: Algorithm = 'ES256') {
    this.#algorithm = algorithm
    this.exchange(first)
  }

  get keyId(): string {
    return this.#keyId
  }

  /** Gives the key with its id, as a callback does. */
  readonly give = async (): Promise<Key> => {
    if (this.#key === undefined) throw new Error('There is no key.')
    return this.#key
  }

  exchange({ keyId, privateKey }: KeyFile): void {
    this.secrets.push(privateKey)
    this.#keyId = keyId
    this.#key = importKey(privateKey, this.#algorithm, { keyId })
  }
}
