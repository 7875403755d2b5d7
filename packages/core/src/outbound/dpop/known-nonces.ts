/** Servers whose nonce is remembered. One that was forgotten asks for it again. */
const MAX_ORIGINS = 100

/** What a nonce may be (RFC 9449 section 8), and no longer than any is. */
const NONCE = /^[\x21\x23-\x5B\x5D-\x7E]{1,512}$/

/** Remembers the last nonce of each server. */
export class KnownNonces {
  readonly #nonces = new Map<string, string>()

  of(origin: string): string | undefined {
    return this.#nonces.get(origin)
  }

  /** Takes the nonce of an answer, if it has one that can be sent back. */
  learn(origin: string, headers: Pick<Headers, 'get'>): void {
    const nonce = headers.get('dpop-nonce')
    if (nonce === null || !NONCE.test(nonce)) return
    // Set anew, so that the map stays in the order in which its origins were last heard of.
    this.#nonces.delete(origin)
    this.#nonces.set(origin, nonce)
    if (this.#nonces.size <= MAX_ORIGINS) return
    for (const oldest of this.#nonces.keys()) {
      this.#nonces.delete(oldest)
      break
    }
  }
}
