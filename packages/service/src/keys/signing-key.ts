import { type Algorithm, importKey, type Key } from '@mayfly/core'
import { exportJWK, generateKeyPair } from 'jose'
import type { StoredKey } from '../ledger/ledger.ts'
import { SealError } from '../seal/errors.ts'
import type { Seal } from '../seal/sealer.ts'

/** Below this no RSA key is made (RFC 7518 section 3.3). */
const RSA_BITS = 2048

/** A signing key, read and ready. */
export interface ReadyKey extends Omit<StoredKey, 'sealedKey'> {
  readonly key: Key
}

/** Makes a signing key, and encrypts its private half for the ledger. */
export async function makeSigningKey(
  algorithm: Algorithm,
  seal: Seal,
  times: Pick<StoredKey, 'activeFrom' | 'createdAt'>,
): Promise<StoredKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_BITS })
  const jwk = await exportJWK(pair.privateKey)
  const { fingerprint: keyId } = await importKey(jwk, algorithm)
  const sealedKey = await seal.seal(JSON.stringify(jwk), keyId)
  return { keyId, algorithm, sealedKey, neededUntil: times.activeFrom, ...times }
}

/**
 * Reads a signing key of the ledger.
 *
 * @throws {SealError} when it cannot be decrypted.
 */
export async function readSigningKey(stored: StoredKey, seal: Seal): Promise<ReadyKey> {
  const { sealedKey, ...rest } = stored
  const { keyId } = stored
  const jwk: unknown = JSON.parse(await seal.open(sealedKey, keyId))
  const key = await importKey(jwk as object, stored.algorithm as Algorithm, { keyId })
  if (key.fingerprint === keyId) return { ...rest, key }
  throw new SealError('ERR_SEAL_BROKEN', `The signing key "${keyId}" is not the key of that name.`)
}
