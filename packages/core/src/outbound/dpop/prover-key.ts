import { type Algorithm, algorithmFacts, requireAlgorithm } from '../../keys/algorithms.ts'
import { digestText } from '../../base/base64url.ts'
import { describe, invalid } from '../../base/options.ts'
import { KeyError } from '../../base/errors.ts'
import {
  type ExternalSigner,
  generateKey,
  importKey,
  isExternalSigner,
  type KeyMaterial,
} from '../../keys/load.ts'
import { type KeyNumbers, publicNumbers } from '../../keys/jwk.ts'
import { Key, type SigningKey } from '../../keys/key.ts'
import { prepareKey } from '../../keys/prepare.ts'

/** What a prover needs of its key. */
export interface ProverKey {
  readonly signer: SigningKey
  /** The members that make the public key, and no others. */
  readonly jwk: KeyNumbers
  readonly thumbprint: string
}

/** A key that was looked at, and is not loaded yet. */
export interface PreparedProverKey {
  readonly algorithm: Algorithm
  /** The thumbprint, where it is known at once; else something random. */
  readonly id: string
  readonly load: () => Promise<ProverKey>
}

/**
 * Looks at the key of a prover without waiting, so that what is wrong with it is said when the prover
 * is made.
 *
 * @param given the option `privateKey`; absent, a key is made.
 * @param wanted the option `algorithm`, checked.
 */
export function prepareProverKey(
  given: { readonly privateKey?: KeyMaterial },
  wanted: Algorithm | undefined,
): PreparedProverKey {
  const { privateKey } = given
  if (isExternalSigner(privateKey)) return prepareSigner(privateKey, wanted)
  const own = privateKey instanceof Key ? privateKey.algorithm : 'ES256'
  const algorithm = requirePair(wanted ?? own)
  if (privateKey instanceof Key) {
    return { algorithm, id: privateKey.fingerprint, load: () => loadKey(privateKey, algorithm) }
  }
  const id =
    'privateKey' in given
      ? idOf(prepareKey(privateKey, algorithm, { use: 'sign' }))
      : crypto.randomUUID()
  return { algorithm, id, load: () => loadKey(privateKey, algorithm) }
}

function prepareSigner(signer: ExternalSigner, wanted: Algorithm | undefined): PreparedProverKey {
  const algorithm = requirePair(requireAlgorithm(signer.algorithm, 'privateKey.algorithm'))
  if (wanted !== undefined && wanted !== algorithm) {
    throw invalid('algorithm', `"algorithm" is ${wanted}, but the signer says ${algorithm}.`)
  }
  const { publicJwk }: { publicJwk: unknown } = signer
  if (typeof publicJwk !== 'object' || publicJwk === null) {
    throw invalid(
      'privateKey',
      `"privateKey": a signer takes its "publicJwk" along, since each proof shows it. It is ${describe(publicJwk)}.`,
    )
  }
  const prepared = prepareKey(publicJwk, algorithm, { use: 'verify' })
  if (prepared.facts.type !== 'public') {
    throw new KeyError('ERR_KEY_PRIVATE', 'The "publicJwk" of the signer has a private key in it.')
  }
  return { algorithm, id: idOf(prepared), load: () => loadKey(signer, algorithm) }
}

function requirePair(algorithm: Algorithm): Algorithm {
  if (algorithmFacts(algorithm).family !== 'HMAC') return algorithm
  throw invalid('algorithm', `"algorithm": ${algorithm} takes a secret; a proof needs a pair.`)
}

async function loadKey(
  material: KeyMaterial | undefined,
  algorithm: Algorithm,
): Promise<ProverKey> {
  const key =
    material === undefined
      ? await generateKey(algorithm)
      : await importKey(material, algorithm, { use: 'sign' })
  // The key itself is in the proof, so its id need not be.
  const signer = key.withKeyId(undefined)
  return { signer, jwk: publicNumbers(key.publicJwk()), thumbprint: key.fingerprint }
}

/** RFC 7638, for a key whose numbers are in sight. */
function idOf({ source }: ReturnType<typeof prepareKey>): string {
  const thumbprint =
    source.format === 'jwk' ? digestText(JSON.stringify(publicNumbers(source.numbers))) : undefined
  return thumbprint ?? crypto.randomUUID()
}
