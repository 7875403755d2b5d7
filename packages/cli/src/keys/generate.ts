import { createSecretKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type Algorithm, isAlgorithm } from '@mayfly/core'
import type { CliContext } from '../context.ts'
import { UsageError } from '../usage-error.ts'
import { describeKey, importRead } from './key-text.ts'
import { type OutputFlags, putOut, requirePlaceFor } from './output.ts'
import { type KeyFormat, writeKey } from './write.ts'

/** What `mayfly keys generate` takes, as commander keeps it. */
export interface GenerateFlags extends OutputFlags {
  readonly alg?: string
  readonly bits?: string
  readonly kid?: string
  readonly format?: KeyFormat
}

const makePair = promisify(generateKeyPair)
const EC_CURVES: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
}
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/** Makes a key and writes it. What is public of it is said on standard error. */
export async function generate(flags: GenerateFlags, context: CliContext): Promise<void> {
  const { alg = 'ES256' } = flags
  if (!isAlgorithm(alg)) {
    throw new UsageError(
      '--alg is one of ES256, ES384, ES512, EdDSA, RS256 … PS512, HS256 … HS512.',
    )
  }
  const bits = bitsOf(alg, flags.bits)
  const isHmac = alg.startsWith('HS')
  const { format = isHmac ? 'jwk' : 'pem' } = flags
  if (isHmac && format === 'pem') throw new UsageError('A secret is written as jwk or text.')
  if (!isHmac && format === 'text') throw new UsageError('Only a secret is written as text.')
  requirePlaceFor(true, flags, context)
  const object = await makeKey(alg, bits)
  const read = { ...describeKey(object), algorithm: alg }
  const key = await importRead(read, { keyId: flags.kid })
  const kid = flags.kid ?? (isHmac ? randomBytes(12).toString('base64url') : key.fingerprint)
  const text = writeKey(object, format, { kid, alg, use: 'sig' })
  await putOut(text, { isSecret: true, flags }, context)
  const print = isHmac ? '' : `; thumbprint ${key.fingerprint}`
  await context.note(`made a key for ${alg}: ${read.kind}${print}`)
}

function bitsOf(alg: Algorithm, text: string | undefined): number {
  if (text === undefined) return 2048
  if (!/^[RP]S/.test(alg)) throw new UsageError('--bits is for RSA, that is RS256 … PS512.')
  if (['2048', '3072', '4096'].includes(text)) return Number(text)
  throw new UsageError('--bits is 2048, 3072 or 4096.')
}

async function makeKey(alg: Algorithm, bits: number): Promise<KeyObject> {
  const size = SECRET_BYTES[alg]
  if (size !== undefined) return createSecretKey(randomBytes(size))
  const namedCurve = EC_CURVES[alg]
  if (namedCurve !== undefined) return (await makePair('ec', { namedCurve })).privateKey
  if (/^[RP]S/.test(alg)) return (await makePair('rsa', { modulusLength: bits })).privateKey
  return (await makePair('ed25519', {})).privateKey
}
