import type * as NodeCrypto from 'node:crypto'
import type { KeyObject, webcrypto } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { RequestError } from '../base/errors.ts'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { fromHex } from './der.ts'
import type { KeyNumbers } from './jwk.ts'

/** What a key's material can do, the material itself out of sight. What is known at once comes at once. */
export interface KeyOperations {
  readonly sign: ((data: Uint8Array) => Uint8Array | Promise<Uint8Array>) | undefined
  readonly verify:
    | ((data: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>)
    | undefined
}

/** What `crypto.subtle.importKey` and `generateKey` want to hear about an algorithm's keys. */
export interface KeyParams {
  readonly name: string
  readonly hash?: string
  readonly namedCurve?: string
}

/** Names an algorithm's keys as WebCrypto does. */
export function keyParams(algorithm: Algorithm): KeyParams {
  const { family, webCrypto, hash = '', curve = '' } = algorithmFacts(algorithm)
  if (family === 'EC') return { name: webCrypto, namedCurve: curve }
  return family === 'OKP' || family === 'AKP' ? { name: webCrypto } : { name: webCrypto, hash }
}

/** Imports a JWK that was stripped to its numbers. Only public halves can be exported again. */
export async function importNumbers(
  numbers: KeyNumbers,
  algorithm: Algorithm,
  use: 'sign' | 'verify',
  extractable: boolean = use === 'verify',
): Promise<CryptoKey> {
  const jwk = numbers as webcrypto.JsonWebKey
  return crypto.subtle.importKey('jwk', jwk, keyParams(algorithm), extractable, [use])
}

/** Imports a wrapped key so that its numbers can be had. */
export async function importDer(
  { format, der }: { readonly format: 'pkcs8' | 'spki'; readonly der: Uint8Array },
  algorithm: Algorithm,
): Promise<CryptoKey> {
  const use = format === 'pkcs8' ? 'sign' : 'verify'
  return crypto.subtle.importKey(format, own(der), keyParams(algorithm), true, [use])
}

/** Imports a secret for both directions. */
export async function importSecret(
  secret: Uint8Array,
  algorithm: Algorithm,
): Promise<{ readonly signing: CryptoKey; readonly verifying: CryptoKey }> {
  const params = keyParams(algorithm)
  const key = await crypto.subtle.importKey('raw', own(secret), params, false, ['sign', 'verify'])
  return { signing: key, verifying: key }
}

/** Both halves of a key, or the one that is there. */
export interface Halves<Half> {
  readonly signing?: Half | undefined
  readonly verifying?: Half | undefined
}

/** Signs and verifies by WebCrypto. */
export function webCryptoOperations(
  algorithm: Algorithm,
  { signing, verifying }: Halves<CryptoKey>,
): KeyOperations {
  const { webCrypto: name, hash = '', family } = algorithmFacts(algorithm)
  const params = { name, hash, saltLength: saltBytes(hash) }
  const isEcdsa = family === 'EC'
  return {
    sign:
      signing &&
      (async (data) => new Uint8Array(await crypto.subtle.sign(params, signing, own(data)))),
    verify:
      verifying &&
      (async (data, signature) =>
        (!isEcdsa || isInRange(signature, algorithm)) &&
        crypto.subtle.verify(params, verifying, own(signature), own(data))),
  }
}

/** RFC 7518 section 3.5: the salt is as long as the hash. */
function saltBytes(hash: string): number {
  return Number(hash.slice(4)) / 8
}

/** WebCrypto takes no views on shared memory; a copy is none. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes)
}

/**
 * Computes HMACs in place. WebCrypto hands each one to another thread and waits for it, which takes
 * several times as long as the HMAC itself.
 */
export function nodeHmacOperations(
  node: typeof NodeCrypto,
  algorithm: Algorithm,
  secret: Uint8Array,
): KeyOperations {
  const digest = digestName(algorithm)
  const key = node.createSecretKey(secret)
  const mac = (data: Uint8Array): Buffer => node.createHmac(digest, key).update(data).digest()
  return {
    sign: (data) => plain(mac(data)),
    verify: (data, signature) => {
      const expected = mac(data)
      return expected.length === signature.length && node.timingSafeEqual(expected, signature)
    },
  }
}

/** Signs and verifies by Node's own crypto: in place as far as the turn allows, else on other threads. */
export function nodeOperations(
  node: typeof NodeCrypto,
  algorithm: Algorithm,
  { signing, verifying }: Halves<KeyObject>,
): KeyOperations {
  const { family, webCrypto, hash = '' } = algorithmFacts(algorithm)
  const digest = hash === '' ? null : digestName(algorithm)
  const params: NodeCrypto.SigningOptions = {
    ...(family === 'EC' && { dsaEncoding: 'ieee-p1363' }),
    ...(webCrypto === 'RSA-PSS' && {
      padding: node.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: saltBytes(hash),
    }),
  }
  const cost = costs(algorithm)
  const isEcdsa = family === 'EC'
  const signWith = signing && { key: signing, ...params }
  const verifyWith = verifying && { key: verifying, ...params }
  return {
    sign:
      signWith &&
      ((data) =>
        work.fitsInTurn(cost.sign)
          ? plain(node.sign(digest, data, signWith))
          : work
              .queue<Buffer>(cost.sign, (done) => node.sign(digest, data, signWith, done))
              .then((signature) => plain(signature))),
    verify:
      verifyWith &&
      ((data, signature) => {
        if (isEcdsa && !isInRange(signature, algorithm)) return false
        if (work.fitsInTurn(cost.verify)) return node.verify(digest, data, verifyWith, signature)
        work.requireRoom()
        return work.queue(cost.verify, (done) =>
          node.verify(digest, data, verifyWith, signature, done),
        )
      }),
  }
}

/** A `Buffer` looks, prints and slices unlike other bytes. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

function digestName(algorithm: Algorithm): string {
  return (algorithmFacts(algorithm).hash ?? '').replace('-', '').toLowerCase()
}

/** How much of a turn each operation takes, roughly in units of 25 µs. */
function costs(algorithm: Algorithm): { readonly sign: number; readonly verify: number } {
  const { family, curve } = algorithmFacts(algorithm)
  if (family === 'RSA') return { sign: TURN, verify: 1 }
  return curve === 'P-256' || curve === 'Ed25519'
    ? { sign: 2, verify: 4 }
    : { sign: TURN, verify: TURN }
}

/** What one turn of the event loop has for signatures, in the same units. */
const TURN = 32
/** What other threads are given at a time, so that files and names, which share them, wait for little. */
const THREADS = 64
/** How many checks may wait for a thread: beyond that they are refused. */
export const MAX_WAITING = 2048

type Done<Value> = (error: Error | null, value: Value) => void

/**
 * Shares out what the process does with asymmetric keys. Up to a small number of operations of each turn
 * of the event loop run in place, which is quickest; the rest go to other threads, a few at a time, so
 * that nothing else waits behind them. It is counted, and no clock is read.
 */
class Work {
  #spent = 0
  #running = 0
  readonly #waiting: (() => void)[] = []
  #next = 0

  /** Tells whether an operation may run in place, and counts it as done. */
  fitsInTurn(cost: number): boolean {
    if (this.#spent > 0 && this.#spent + cost > TURN) return false
    if (this.#spent === 0) {
      // oxlint-disable-next-line no-restricted-globals -- the end of this turn, whatever the time
      setImmediate(() => {
        this.#spent = 0
      })
    }
    this.#spent += cost
    return true
  }

  /** Refuses what came in when too much waits already; it would only delay the rest. */
  requireRoom(): void {
    if (this.#waiting.length - this.#next < MAX_WAITING) return
    throw new RequestError('ERR_OVERLOADED', 'Too many signatures wait to be checked.', {
      status: 503,
      reason: 'overloaded',
      headers: { 'retry-after': '1' },
    })
  }

  /** Runs an operation on another thread, as soon as one is free. */
  queue<Value>(cost: number, start: (done: Done<Value>) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        this.#running += cost
        start((error, value) => {
          this.#running -= cost
          this.#runNext()
          if (error === null || error === undefined) resolve(value)
          else reject(error)
        })
      }
      if (this.#running < THREADS) run()
      else this.#waiting.push(run)
    })
  }

  #runNext(): void {
    while (this.#running < THREADS && this.#next < this.#waiting.length) {
      this.#waiting[this.#next++]?.()
    }
    if (this.#next < MAX_WAITING && this.#next < this.#waiting.length) return
    this.#waiting.splice(0, this.#next)
    this.#next = 0
  }
}

const work = new Work()

/** The orders of the curves' groups (SEC 2 sections 2.4.2, 2.5.1 and 2.6.1). */
const ORDERS: ReadonlyMap<string | undefined, Uint8Array> = new Map([
  ['P-256', fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')],
  [
    'P-384',
    fromHex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
  ],
  [
    'P-521',
    fromHex(
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
  ],
])

/**
 * Tells whether an ECDSA signature is two numbers side by side, each at least 1 and below the order
 * of the group. Libraries that forgot to look took zeros for a good signature (CVE-2022-21449).
 */
export function isInRange(signature: Uint8Array, algorithm: Algorithm): boolean {
  const order = ORDERS.get(algorithmFacts(algorithm).curve)
  if (order === undefined || signature.length !== order.length * 2) return false
  return isScalar(signature, 0, order) && isScalar(signature, order.length, order)
}

function isScalar(bytes: Uint8Array, start: number, order: Uint8Array): boolean {
  let zeros = 0
  while (zeros < order.length && bytes[start + zeros] === 0) zeros++
  if (zeros === order.length) return false
  let same = 0
  while (same < order.length && bytes[start + same] === order[same]) same++
  return same < order.length && (bytes[start + same] ?? 0) < (order[same] ?? 0)
}
