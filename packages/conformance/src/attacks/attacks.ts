import { type Algorithm, type Clock, type VerificationKey, systemClock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import type { TokenAttack } from './attack.ts'
import { type ClaimsAttack, claimsAttacks, LIFETIME } from './claims.ts'
import { ecdsaAttacks } from './ecdsa.ts'
import { headerAttacks } from './header.ts'
import { keyConfusionAttacks } from './key-confusion.ts'
import { type AttackSetup, b64, createAttackSetup, forge, signParts } from './setup.ts'
import { spellingAttacks } from './spelling.ts'

/** Options of {@link createAttacks}. */
export interface AttacksOptions {
  /** What the verifier wants in `iss`. Default `https://issuer.example`. */
  readonly issuer?: string
  /** What the verifier wants in `aud`. Default `https://api.example`. */
  readonly audience?: string
  /** The verifier's clock. Default: the machine's. */
  readonly clock?: Clock
}

/** A verifier's configuration, and the tokens that a verifier made by it must refuse. */
export interface Attacks {
  readonly issuer: string
  readonly audience: string
  /** The keys to trust: RSA, P-256, Ed25519 and a secret. */
  readonly keys: readonly VerificationKey[]
  readonly algorithms: readonly Algorithm[]
  /** Tokens that must be accepted, one of each key: without them a broken verifier would pass. */
  readonly good: readonly string[]
  readonly attacks: readonly TokenAttack[]
}

/**
 * Makes the known attacks on verifiers of JWTs, for a verifier with keys made for them: forged
 * signatures, confused keys and algorithms, other spellings, wrong claims. Each has to be refused with
 * 401.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN`.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 * import { createAttacks } from '@mayfly/conformance'
 *
 * const { issuer, audience, keys, algorithms, attacks } = createAttacks()
 * for (const { name, token, options } of attacks) {
 *   const verifier = new TokenVerifier({ issuer, audience, keys, algorithms, ...options })
 *   const accepted = await verifier.verify(token).then(() => true, () => false)
 *   if (accepted) throw new Error(`It accepts ${name}.`)
 * }
 * ```
 */
export function createAttacks(options: AttacksOptions = {}): Attacks {
  refuseUnknownOptions(options, ['issuer', 'audience', 'clock'], 'createAttacks')
  const { issuer = 'https://issuer.example', audience = 'https://api.example' } = options
  const now = Math.floor((options.clock ?? systemClock).now() / 1000)
  const setup = createAttackSetup({
    iss: issuer,
    aud: audience,
    sub: 'alice',
    exp: now + LIFETIME,
    iat: now,
  })
  const forgeries = [
    ...keyConfusionAttacks,
    ...ecdsaAttacks,
    ...headerAttacks,
    ...spellingAttacks,
  ].map(({ token, ...attack }) => lazily({ ...attack, signed: false }, () => token(setup)))
  const claims = claimsAttacks({ issuer, audience, now }).map((attack) => aimClaims(attack, setup))
  const { keys, algorithms } = setup
  return {
    issuer,
    audience,
    keys,
    algorithms,
    good: goodTokens(setup),
    attacks: [...forgeries, ...claims],
  }
}

function aimClaims(
  { payload, header = { typ: 'JWT' }, ...attack }: ClaimsAttack,
  { ec }: AttackSetup,
): TokenAttack {
  const fields = b64(JSON.stringify({ alg: 'ES256', kid: 'ec', ...header }))
  return lazily({ ...attack, signed: true }, () => signParts(fields, b64(payload), ec))
}

/** Makes the token when it is asked for: there are hundreds, some of them a megabyte. */
function lazily(attack: Omit<TokenAttack, 'token'>, make: () => string): TokenAttack {
  return {
    ...attack,
    get token() {
      return make()
    },
  }
}

function goodTokens({ claims, rsa, ec, ed, secret }: AttackSetup): readonly string[] {
  return [
    forge({ alg: 'RS256', kid: 'rsa' }, claims, { key: rsa.privateKey }),
    forge({ alg: 'ES256', kid: 'ec' }, claims, { key: ec.privateKey }),
    forge({ alg: 'EdDSA', kid: 'ed' }, claims, { key: ed.privateKey, hash: null }),
    forge({ alg: 'HS256', kid: 'hmac' }, claims, { key: secret }),
    forge({ alg: 'ES256' }, claims, { key: ec.privateKey }),
  ]
}
