import type * as NodeCrypto from 'node:crypto'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import type { KeyOperations } from './key.ts'

/** Finds Node's own crypto without importing it, which other runtimes could not. */
export function nodeCrypto(): typeof NodeCrypto | undefined {
  // Runtimes without it have no process, or one without this function.
  return globalThis.process?.getBuiltinModule?.('node:crypto')
}

/**
 * Computes HMACs in place. WebCrypto hands each one to another thread and waits for it, which takes
 * several times as long as the HMAC itself; for the other algorithms it is as fast as Node's own.
 */
export function nodeHmacOperations(
  node: typeof NodeCrypto,
  algorithm: Algorithm,
  secret: Uint8Array,
): KeyOperations {
  const { hash } = algorithmFacts(algorithm)
  const digest = hash.replace('-', '').toLowerCase()
  const key = node.createSecretKey(secret)
  const sign = (data: Uint8Array): Uint8Array => node.createHmac(digest, key).update(data).digest()
  return {
    sign: async (data) => new Uint8Array(sign(data)),
    verify: async (data, signature) => {
      const expected = sign(data)
      return expected.length === signature.length && node.timingSafeEqual(expected, signature)
    },
  }
}
