import { type Algorithm, type Clock, KeyRing } from '@mayfly/core'
import type { KeyState, ServiceKeyring } from './keyring.ts'

/** Keys that live as long as the process: no other node knows them, and a restart forgets them. */
export function memoryKeyring(options: {
  readonly algorithm: Algorithm
  readonly clock: Clock
}): ServiceKeyring {
  const ring = new KeyRing([], options)
  const list = async (): Promise<readonly KeyState[]> => {
    const { keys } = await ring.jwks()
    return keys.map(({ kid, alg }, index) => ({
      keyId: kid ?? '',
      algorithm: alg,
      state: index === 0 ? 'active' : 'old',
    }))
  }
  return {
    get version() {
      return ring.version
    },
    get algorithms() {
      return ring.algorithms
    },
    find: (algorithm, keyId) => ring.find(algorithm, keyId),
    sign: (payload, header, expiresAt) => ring.sign(payload, header, expiresAt),
    jwks: () => ring.jwks(),
    list,
    rotate: async () => {
      const { keyId = '', algorithm } = await ring.rotate()
      const activeFrom = Math.floor(options.clock.now() / 1000)
      return { keyId, algorithm, activeFrom }
    },
  }
}
