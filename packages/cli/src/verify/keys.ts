import {
  type Algorithm,
  ALGORITHMS,
  isAlgorithm,
  type JwkSet,
  type VerifierKeys,
} from '@mayfly/core'
import type { CliContext } from '../context.ts'
import { readText } from '../input/read-input.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'
import { ALGORITHM_NAMES, type VerifyFlags } from './flags.ts'

/** What signatures are checked with. */
export interface FoundKeys {
  readonly keys: VerifierKeys
  readonly algorithms?: readonly Algorithm[]
}

const PUBLIC = ALGORITHMS.filter((name) => !name.startsWith('HS'))
const SOURCES = ['jwks', 'issuer', 'key', 'keyEnv', 'secretFile', 'secretEnv'] as const
const SOURCE_FLAGS =
  '--jwks URL or FILE, --issuer URL, --key FILE, --key-env NAME, --secret-file FILE or --secret-env NAME'

/** Finds the keys that the flags point to. */
export async function findKeys(flags: VerifyFlags, context: CliContext): Promise<FoundKeys> {
  const given = SOURCES.filter((name) => flags[name] !== undefined)
  if (given.length !== 1) {
    const what =
      given.length === 0 ? 'What is it to be verified with?' : 'These exclude each other.'
    throw new UsageError(`${what} Give one of ${SOURCE_FLAGS}.`)
  }
  const algorithms = algorithmsOf(flags.alg)
  const { issuer, jwks } = flags
  // The keys are fetched now, whatever time --at says.
  const { clock, fetch } = context.io
  if (issuer !== undefined) return remote({ issuer, clock, fetch }, algorithms)
  if (jwks === undefined) return oneKey(flags, algorithms, context)
  return /^https?:\/\//i.test(jwks)
    ? remote({ jwksUri: jwks, clock, fetch }, algorithms)
    : keySet(jwks, algorithms, context)
}

function remote(keys: VerifierKeys, algorithms: readonly Algorithm[] | undefined): FoundKeys {
  if (algorithms?.some((name) => name.startsWith('HS')) === true) {
    throw new UsageError('--alg HS256 and its like take a secret, and what is published is none.')
  }
  return algorithms === undefined ? { keys } : { keys, algorithms }
}

async function keySet(
  file: string,
  algorithms: readonly Algorithm[] = PUBLIC,
  context: CliContext,
): Promise<FoundKeys> {
  const json = parseJson(await readText(file, 'the key set', context))
  if (isObject(json) && Array.isArray(json['keys'])) {
    return { keys: { keys: json['keys'] as JwkSet['keys'] }, algorithms }
  }
  if (isObject(json) && 'kty' in json) return { keys: { keys: [json] }, algorithms }
  throw new UnavailableError('The key set is no JSON with a list of "keys".', {
    hint: 'For one key in PEM give --key FILE --alg NAME.',
  })
}

async function oneKey(
  flags: VerifyFlags,
  algorithms: readonly Algorithm[] | undefined,
  context: CliContext,
): Promise<FoundKeys> {
  const { key, secretFile, keyEnv, secretEnv, allowShortSecret } = flags
  const isSecret = secretFile !== undefined || secretEnv !== undefined
  const what = isSecret ? 'the secret' : 'the key'
  const file = key ?? secretFile
  const text =
    file === undefined
      ? variable(keyEnv ?? secretEnv ?? '', what, context)
      : await readText(file, what, context)
  const named = algorithms ?? algorithmOfJwk(text)
  if (named === undefined) {
    throw new UsageError(
      `--alg is required with ${what}: name what its tokens are signed with. A token may not choose that itself.`,
      { hint: `It is one of ${ALGORITHM_NAMES}.` },
    )
  }
  const material = isSecret ? { secret: secretBytes(text, flags.secretEncoding) } : text
  const keys = named.map((algorithm) => ({
    algorithm,
    key: material,
    ...(allowShortSecret === true && { allowShortSecret }),
  }))
  return { keys, algorithms: named }
}

function algorithmsOf(names: readonly string[] | undefined): readonly Algorithm[] | undefined {
  const all = names?.flatMap((name) => name.split(','))
  if (all === undefined) return undefined
  if (all.every(isAlgorithm)) return all
  throw new UsageError(`--alg is one of ${ALGORITHM_NAMES}.`)
}

/** A JWK may name its algorithm itself: it is the key's owner who says so. */
function algorithmOfJwk(text: string): readonly Algorithm[] | undefined {
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined
  const alg = isObject(json) ? json['alg'] : undefined
  return isAlgorithm(alg) ? [alg] : undefined
}

function secretBytes(text: string, encoding: VerifyFlags['secretEncoding'] = 'utf8'): Uint8Array {
  const secret = text.replace(/\r?\n$/, '')
  return new Uint8Array(Buffer.from(secret, encoding))
}

function variable(name: string, what: string, { io }: CliContext): string {
  const value = io.env[name]
  if (value !== undefined && value !== '') return value
  throw new UnavailableError(`The environment variable for ${what} is not set, or empty.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
