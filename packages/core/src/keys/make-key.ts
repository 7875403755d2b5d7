import type * as NodeCrypto from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { digestText, encodeBase64url, nodeCrypto, sha256 } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { type Jwk, type KeyNumbers, type PublicJwk, publicNumbers, readNumbers } from './jwk.ts'
import { cannotVerify, Key, type KeyParts } from './key.ts'
import {
  importDer,
  importNumbers,
  importSecret,
  type KeyOperations,
  keyParams,
  nodeHmacOperations,
  nodeOperations,
  webCryptoOperations,
} from './operations.ts'
import { type KeySource, type PreparedKey, readSecret } from './prepare.ts'

/** How a prepared key is to come out. */
export interface LoadOptions {
  readonly algorithm: Algorithm
  readonly keyId?: string | undefined
  /** With `'verify'` the private half is left behind. */
  readonly use?: 'sign' | 'verify' | undefined
  readonly allowShortSecret?: boolean | undefined
  readonly extractable?: boolean | undefined
}

/** A key on its way: what was prepared, and how it is to come out. */
type Loading = PreparedKey & LoadOptions

type PairSource = Exclude<KeySource, { format: 'secret' | 'crypto-key' }>
type CryptoKeySource = Extract<KeySource, { format: 'crypto-key' }>

const PROBE = new TextEncoder().encode('mayfly')

/** Makes a {@link Key} of material that was found to fit. */
export async function loadKey(prepared: PreparedKey, options: LoadOptions): Promise<Key> {
  const loading = { ...prepared, ...options, keyId: options.keyId ?? prepared.keyId }
  try {
    return await load(prepared.source, loading)
  } catch (cause) {
    if (cause instanceof KeyError) throw cause
    if (!(await isSupported(options.algorithm))) throw unsupported(options.algorithm)
    throw new KeyError('ERR_KEY_FORMAT', 'What this key is made of does not make a valid key.', {
      cause,
    })
  }
}

async function load(source: KeySource, loading: Loading): Promise<Key> {
  if (source.format === 'secret') return loadSecret(source.bytes, loading)
  if (source.format === 'crypto-key') return loadCryptoKey(source, loading)
  const node = nodeCrypto()
  if (node !== undefined) return loadByNode(node, source, loading)
  if (source.format === 'jwk') return loadNumbers(source.numbers, loading)
  return loadNumbers(await numbersOf(await importDer(source, loading.algorithm)), loading)
}

async function loadSecret(
  bytes: Uint8Array<ArrayBuffer>,
  loading: Loading,
  key?: CryptoKey,
): Promise<Key> {
  const { algorithm } = loading
  const node = key === undefined ? nodeCrypto() : undefined
  const operations =
    node === undefined
      ? webCryptoOperations(
          algorithm,
          key ? { signing: key, verifying: key } : await importSecret(bytes, algorithm),
        )
      : nodeHmacOperations(node, algorithm, bytes)
  const numbers = { k: encodeBase64url(bytes), kty: 'oct' }
  return finish(restrict(operations, loading), loading, { numbers })
}

async function loadByNode(
  node: typeof NodeCrypto,
  source: PairSource,
  loading: Loading,
): Promise<Key> {
  const { facts, use, algorithm } = loading
  const isPrivate = facts.type === 'private'
  const key = toKeyObject(node, source, isPrivate)
  const numbers = source.format === 'jwk' ? source.numbers : ofKeyObject(key)
  if (isPrivate && !isPair(node, numbers, key)) throw notAPair()
  // A private key verifies as its public half does.
  const isLeft = isPrivate && use === 'verify'
  const signing = isPrivate && !isLeft ? key : undefined
  const verifying = isLeft ? node.createPublicKey(key) : key
  return finish(nodeOperations(node, algorithm, { signing, verifying }), loading, { numbers })
}

function toKeyObject(node: typeof NodeCrypto, source: PairSource, isPrivate: boolean): KeyObject {
  if (source.format === 'jwk') {
    const key = source.numbers as NodeCrypto.JsonWebKey
    if (source.keyObject !== undefined) return source.keyObject
    return isPrivate
      ? node.createPrivateKey({ key, format: 'jwk' })
      : node.createPublicKey({ key, format: 'jwk' })
  }
  const key = Buffer.from(source.der)
  return source.format === 'pkcs8'
    ? node.createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    : node.createPublicKey({ key, format: 'der', type: 'spki' })
}

function ofKeyObject(key: KeyObject): KeyNumbers {
  return readNumbers(key.export({ format: 'jwk' })).numbers
}

const OPENSSL_CURVES: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
}

/** Whether both halves are of one pair: Node takes them as they are written, and does not look. */
function isPair(node: typeof NodeCrypto, numbers: KeyNumbers, key: KeyObject): boolean {
  const { kty, crv = '', x = '', y = '', d = '' } = numbers
  if (kty === 'RSA') return isRsaPair(numbers)
  if (kty === 'EC') {
    const half = node.createECDH(OPENSSL_CURVES[crv] ?? crv)
    half.setPrivateKey(d, 'base64url')
    const point = half.getPublicKey().subarray(1)
    return point.equals(Buffer.concat([x, y].map((number) => Buffer.from(number, 'base64url'))))
  }
  // Of these Node computes the public half, whatever the JWK says that it is.
  const computed = ofKeyObject(key)
  return computed.x === numbers.x && computed.pub === numbers.pub
}

/** Whether the numbers of a private RSA key belong together. */
function isRsaPair(numbers: KeyNumbers): boolean {
  const value = (name: keyof Jwk): bigint =>
    BigInt(`0x0${Buffer.from(String(numbers[name]), 'base64url').toString('hex')}`)
  const [n, e, d, p, q] = [value('n'), value('e'), value('d'), value('p'), value('q')]
  const [p1, q1] = [p - 1n, q - 1n]
  return (
    p1 > 0n &&
    q1 > 0n &&
    n === p * q &&
    (d * e) % p1 === 1n &&
    (d * e) % q1 === 1n &&
    d % p1 === value('dp') &&
    d % q1 === value('dq') &&
    (value('qi') * q) % p === 1n
  )
}

/** @param key the private half, where it is there as a `CryptoKey` already. */
async function loadNumbers(numbers: KeyNumbers, loading: Loading, key?: CryptoKey): Promise<Key> {
  const { algorithm, use, facts } = loading
  const isSigning = facts.type === 'private' && use !== 'verify'
  const signing = isSigning ? (key ?? (await importNumbers(numbers, algorithm, 'sign'))) : undefined
  const verifying = await importNumbers(publicNumbers(numbers), algorithm, 'verify')
  return finishPair({ signing, verifying }, loading, numbers)
}

async function loadCryptoKey(
  { key, publicKey = key.type === 'public' ? key : undefined }: CryptoKeySource,
  loading: Loading,
): Promise<Key> {
  const { algorithm, use } = loading
  if (key.type === 'secret') {
    if (key.extractable) {
      const raw = await crypto.subtle.exportKey('raw', key)
      return loadSecret(readSecret(new Uint8Array(raw)), loading, key)
    }
    const operations = webCryptoOperations(algorithm, { signing: key, verifying: key })
    return finish(restrict(operations, loading), loading, {})
  }
  if (publicKey === undefined && key.extractable) {
    return loadNumbers(await numbersOf(key), loading, key)
  }
  if (publicKey === undefined && use === 'verify') throw cannotVerify('private')
  const signing = key.type === 'private' && use !== 'verify' ? key : undefined
  const numbers = publicKey?.extractable === true ? await numbersOf(publicKey) : undefined
  return finishPair({ signing, verifying: publicKey }, loading, numbers)
}

async function numbersOf(key: CryptoKey): Promise<KeyNumbers> {
  const jwk: Jwk = await crypto.subtle.exportKey('jwk', key)
  // Whatever it says about its use; of ML-DSA "alg" belongs to the key.
  return readNumbers(jwk).numbers
}

async function finishPair(
  halves: { readonly signing: CryptoKey | undefined; readonly verifying: CryptoKey | undefined },
  loading: Loading,
  numbers: KeyNumbers | undefined,
): Promise<Key> {
  const operations = webCryptoOperations(loading.algorithm, halves)
  const { sign, verify } = operations
  // Signs once and looks: nothing else tells that both halves are of one pair.
  if (sign && verify && !(await verify(PROBE, await sign(PROBE)))) throw notAPair()
  return finish(operations, loading, { numbers })
}

async function finish(
  operations: KeyOperations,
  { algorithm, keyId, issuer, facts, allowShortSecret, extractable }: Loading,
  { numbers }: { readonly numbers?: KeyNumbers | undefined },
): Promise<Key> {
  const { type } = facts
  const isSecret = type === 'secret'
  const open = numbers && (isSecret ? numbers : publicNumbers(numbers))
  const isHidden =
    numbers === undefined ||
    (type === 'private' && numbers.d === undefined && numbers.priv === undefined)
  const parts: KeyParts = {
    algorithm,
    keyId,
    issuer,
    type: type === 'private' && operations.sign === undefined ? 'public' : type,
    facts,
    allowShortSecret,
    fingerprint: open ? await thumbprint(open) : randomText(),
    operations,
    publicJwk: isSecret
      ? undefined
      : open && ({ ...open, alg: algorithm, use: 'sig' } as PublicJwk),
    exportNumbers: extractable === true && !isHidden ? () => numbers : undefined,
  }
  return new Key(parts)
}

/** The thumbprint of RFC 7638, of members that stand in its order. */
async function thumbprint(members: KeyNumbers): Promise<string> {
  const text = JSON.stringify(members)
  return digestText(text) ?? sha256(text)
}

function randomText(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
}

function restrict({ sign, verify }: KeyOperations, { usages, use }: Loading): KeyOperations {
  const may = (one: string): boolean => usages?.includes(one) ?? true
  return {
    sign: may('sign') && use !== 'verify' ? sign : undefined,
    verify: may('verify') ? verify : undefined,
  }
}

function notAPair(): KeyError {
  return new KeyError('ERR_KEY_FORMAT', 'The private and the public half are not of one pair.')
}

/** Whether the runtime has an algorithm at all: Ed448 and ML-DSA are not everywhere. */
async function isSupported(algorithm: Algorithm): Promise<boolean> {
  const { family, curve } = algorithmFacts(algorithm)
  if (family !== 'AKP' && curve !== 'Ed448') return true
  const params = keyParams(algorithm)
  return crypto.subtle.generateKey(params, false, ['sign', 'verify']).then(
    () => true,
    () => false,
  )
}

/** Says that the runtime does not know an algorithm. */
function unsupported(algorithm: Algorithm): KeyError {
  return new KeyError(
    'ERR_KEY_UNSUPPORTED',
    `This runtime does not have ${algorithm}; Node.js has ML-DSA from 24.7 on, and Ed448.`,
  )
}

/** Makes a new pair, as numbers, so that it can be used in whichever way is the quickest. */
export async function generateNumbers(algorithm: Algorithm): Promise<PreparedKey> {
  try {
    const params = { ...keyParams(algorithm), ...RSA_PARAMS }
    const pair = await crypto.subtle.generateKey(params, true, ['sign', 'verify'])
    if (!('privateKey' in pair)) throw new TypeError('No key pair was made.')
    const { numbers, facts } = readNumbers(await crypto.subtle.exportKey('jwk', pair.privateKey))
    return { source: { format: 'jwk', numbers }, facts }
  } catch (cause) {
    throw (await isSupported(algorithm)) ? cause : unsupported(algorithm)
  }
}

const RSA_PARAMS = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }

/** Writes the numbers of a pair as PKCS #8 or SPKI. */
export async function writeDer(numbers: KeyNumbers, algorithm: Algorithm): Promise<Uint8Array> {
  const isPrivate = numbers.d !== undefined || numbers.priv !== undefined
  const format = isPrivate ? 'pkcs8' : 'spki'
  const node = nodeCrypto()
  if (node !== undefined) {
    const key = toKeyObject(node, { format: 'jwk', numbers }, isPrivate)
    return key.export({ type: format, format: 'der' } as NodeCrypto.KeyExportOptions<'der'>)
  }
  const key = await importNumbers(numbers, algorithm, isPrivate ? 'sign' : 'verify', true)
  return new Uint8Array(await crypto.subtle.exportKey(format, key))
}
