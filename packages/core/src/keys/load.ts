import { calculateJwkThumbprint, type CryptoKey, type JWK } from 'jose'
import type { Algorithm } from './algorithms.ts'
import { encodeBase64url } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import type { PublicJwk } from './jwk.ts'
import { publicNumbers, type ReadJwk, readNumbers } from './jwk-reader.ts'
import { cannotVerify, Key, type KeyOperations } from './key.ts'
import { nodeCrypto, nodeHmacOperations } from './node-hmac.ts'
import type { KeySource, PreparedKey } from './prepare.ts'
import { readSecret } from './secret.ts'
import {
  exportNumbers,
  importDer,
  importNumbers,
  importSecret,
  webCryptoOperations,
} from './web-crypto.ts'

/** How a prepared key is to come out. */
export interface LoadOptions {
  readonly algorithm: Algorithm
  readonly keyId?: string | undefined
  /** With `'verify'` the private half is left behind. */
  readonly use?: 'sign' | 'verify' | undefined
}

/** Makes a {@link Key} of material that was found to fit. */
export async function loadKey(prepared: PreparedKey, options: LoadOptions): Promise<Key> {
  const { source } = prepared
  const named = { ...options, keyId: options.keyId ?? prepared.keyId }
  try {
    if (source.format === 'secret') return await loadSecret(source.bytes, prepared, named)
    if (source.format === 'crypto-key') return await loadCryptoKey(source, prepared, named)
    if (source.format === 'jwk') return await loadNumbers(source.numbers, named)
    const numbers = await exportNumbers(await importDer(source, options.algorithm))
    return await loadNumbers(readNumbers(numbers).numbers, named)
  } catch (cause) {
    if (cause instanceof KeyError) throw cause
    throw new KeyError('ERR_KEY_FORMAT', 'What this key is made of does not make a valid key.', {
      cause,
    })
  }
}

async function loadSecret(
  bytes: Uint8Array<ArrayBuffer>,
  prepared: PreparedKey,
  { algorithm, keyId, use }: LoadOptions,
): Promise<Key> {
  const node = nodeCrypto()
  const operations =
    node === undefined
      ? webCryptoOperations(algorithm, await importSecret(bytes, algorithm))
      : nodeHmacOperations(node, algorithm, bytes)
  return new Key({
    algorithm,
    keyId,
    type: 'secret',
    fingerprint: await calculateJwkThumbprint({ kty: 'oct', k: encodeBase64url(bytes) }),
    operations: restrict(operations, prepared, use),
  })
}

async function loadNumbers(numbers: ReadJwk['numbers'], options: LoadOptions): Promise<Key> {
  const { algorithm, use } = options
  const isPrivate = numbers.d !== undefined && use !== 'verify'
  const signing = isPrivate ? await importNumbers(numbers, algorithm, 'sign') : undefined
  const verifying = await importNumbers(publicNumbers(numbers), algorithm, 'verify')
  return makeKey({ signing, verifying, numbers: publicNumbers(numbers) }, options)
}

async function loadCryptoKey(
  source: KeySource & { readonly format: 'crypto-key' },
  prepared: PreparedKey,
  options: LoadOptions,
): Promise<Key> {
  const { key, publicKey = key.type === 'public' ? key : undefined } = source
  const { algorithm, use } = options
  if (key.type === 'secret') {
    if (key.extractable) return loadSecret(await exportSecret(key), prepared, options)
    const operations = webCryptoOperations(algorithm, { signing: key, verifying: key })
    return new Key({
      ...options,
      type: 'secret',
      fingerprint: randomFingerprint(),
      operations: restrict(operations, prepared, use),
    })
  }
  if (publicKey === undefined && key.extractable) {
    return loadNumbers(readNumbers(await exportNumbers(key)).numbers, options)
  }
  const signing = key.type === 'private' && use !== 'verify' ? key : undefined
  const numbers = publicKey?.extractable
    ? publicNumbers(readNumbers(await exportNumbers(publicKey)).numbers)
    : undefined
  return makeKey({ signing, verifying: publicKey, numbers }, options)
}

/** What is known of both halves of a pair. */
interface Halves {
  readonly signing: CryptoKey | undefined
  readonly verifying: CryptoKey | undefined
  readonly numbers: ReadJwk['numbers'] | undefined
}

async function makeKey(halves: Halves, { algorithm, keyId, use }: LoadOptions): Promise<Key> {
  const { signing, verifying, numbers } = halves
  if (verifying === undefined && use === 'verify') throw cannotVerify('private')
  const operations = webCryptoOperations(algorithm, { signing, verifying })
  await requirePair(operations)
  return new Key({
    algorithm,
    keyId,
    type: signing === undefined ? 'public' : 'private',
    fingerprint:
      numbers === undefined ? randomFingerprint() : await calculateJwkThumbprint(numbers as JWK),
    operations,
    publicJwk: numbers && ({ ...numbers, alg: algorithm, use: 'sig' } as PublicJwk),
  })
}

/** Signs once and looks: nothing else tells that both halves are of one pair. */
async function requirePair({ sign, verify }: KeyOperations): Promise<void> {
  if (sign === undefined || verify === undefined) return
  const probe = new TextEncoder().encode('mayfly')
  if (await verify(probe, await sign(probe))) return
  throw new KeyError('ERR_KEY_FORMAT', 'The private and the public half are not of one pair.')
}

function restrict(
  { sign, verify }: KeyOperations,
  { operations }: PreparedKey,
  use: LoadOptions['use'],
): KeyOperations {
  const may = (one: string): boolean => operations?.includes(one) ?? true
  return {
    sign: may('sign') && use !== 'verify' ? sign : undefined,
    verify: may('verify') ? verify : undefined,
  }
}

async function exportSecret(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return readSecret(new Uint8Array(await crypto.subtle.exportKey('raw', key)))
}

function randomFingerprint(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
}
