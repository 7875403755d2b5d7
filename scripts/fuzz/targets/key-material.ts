import { generateKeyPairSync } from 'node:crypto'
import { type Algorithm, ALGORITHMS, importKey, isMayflyError } from '@mayfly/core'
import fc from 'fast-check'
import { HARD_TEXTS, mutated } from '../mutations.ts'
import { target } from '../target.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const TEXTS = [
  publicKey.export({ type: 'spki', format: 'pem' }),
  privateKey.export({ type: 'pkcs8', format: 'pem' }),
  privateKey.export({ type: 'sec1', format: 'pem' }),
  JSON.stringify(publicKey.export({ format: 'jwk' })),
].map(String)

interface Material {
  readonly algorithm: Algorithm
  readonly text: string
}

async function check({ algorithm, text }: Material): Promise<void> {
  const forms: unknown[] = [text, Buffer.from(text), { secret: Buffer.from(text) }]
  if (text.startsWith('{')) {
    try {
      forms.push(JSON.parse(text))
    } catch {
      // It is no JWK, then.
    }
  }
  for (const form of forms) {
    try {
      await importKey(form as string, algorithm, { keyId: 'k' })
    } catch (error) {
      if (!isMayflyError(error)) throw error
    }
  }
}

/** Files and texts that somebody takes for a key. */
export const keyMaterial = target({
  name: 'key material',
  inputs: fc.record({
    algorithm: fc.constantFrom(...ALGORITHMS),
    text: fc.oneof(mutated(fc.constantFrom(...TEXTS)), fc.string(), fc.json()),
  }),
  check,
  large: HARD_TEXTS.flatMap(([name, make]) => [
    {
      name: `${name} for a key`,
      make: (size: number): Material => ({ algorithm: 'ES256', text: make(size) }),
    },
    {
      name: `${name} in a PEM`,
      make: (size: number): Material => ({
        algorithm: 'ES256',
        text: `-----BEGIN PUBLIC KEY-----\n${make(size)}\n-----END PUBLIC KEY-----\n`,
      }),
    },
  ]),
})
