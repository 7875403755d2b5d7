import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Algorithm, Key, KeyMaterial } from '@mayfly/core'

/** A key pair of Node's crypto. */
export interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Key pairs of every kind that the tests ask for, each made when it is first asked for. */
class Pairs {
  readonly #made = new Map<string, Pair>()

  get rsa(): Pair {
    return this.#once('rsa', () => generateKeyPairSync('rsa', { modulusLength: 2048 }))
  }

  get rsa1024(): Pair {
    return this.#once('rsa1024', () => generateKeyPairSync('rsa', { modulusLength: 1024 }))
  }

  get rsaExponent3(): Pair {
    const options = { modulusLength: 2048, publicExponent: 3 }
    return this.#once('rsaExponent3', () => generateKeyPairSync('rsa', options))
  }

  get p256(): Pair {
    return this.#once('p256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  }

  get p384(): Pair {
    return this.#once('p384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }))
  }

  get p521(): Pair {
    return this.#once('p521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }))
  }

  get ed25519(): Pair {
    return this.#once('ed25519', () => generateKeyPairSync('ed25519'))
  }

  #once(name: string, make: () => Pair): Pair {
    const pair = this.#made.get(name) ?? make()
    this.#made.set(name, pair)
    return pair
  }
}

export const pairs: Pairs = new Pairs()

/** The pair that fits an algorithm, where the algorithm takes one. */
export function pairFor(algorithm: Algorithm): Pair {
  if (algorithm === 'ES256') return pairs.p256
  if (algorithm === 'ES384') return pairs.p384
  if (algorithm === 'ES512') return pairs.p521
  return algorithm.startsWith('E') ? pairs.ed25519 : pairs.rsa
}

type PemType = 'pkcs8' | 'spki' | 'pkcs1' | 'sec1'

/** Writes a key as PEM. */
export function pem(key: KeyObject, type: PemType): string {
  return key.export({ type, format: 'pem' }).toString()
}

/** Writes bytes as PEM. */
export function armour(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** What nobody can see in an error or a log: every text of some length that is in a PEM. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((line) => line.length > 24)
}

/** Imports something that is wrong in a way that TypeScript would not let through. */
export function anything(value: unknown): KeyMaterial {
  return value as KeyMaterial
}

/** Signs and verifies with a key. */
export async function works(key: Key): Promise<boolean> {
  const data = new TextEncoder().encode('data')
  return key.verify(data, await key.sign(data))
}
