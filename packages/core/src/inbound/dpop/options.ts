import { type Algorithm, algorithmFacts, requireAlgorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import { MemoryOneTimeGuard, type OneTimeGuard } from '../state/expiring-ids.ts'
import type { DpopNonces } from './nonces.ts'
import { compileTargets, type TargetsOf } from './target.ts'

/** How a `DpopVerifier` judges proofs. */
export interface DpopOptions {
  /**
   * The URL that clients know this server by, such as `https://api.example.com`, with the path that a
   * proxy takes off, if it does. Several are taken too. A proof names the URL that it is for; the `Host`
   * header, which anybody can write, is never believed.
   */
  readonly baseUrl: string | readonly string[]
  /**
   * The algorithms of proofs, for public keys only. Default: `ES256`, `PS256`, `EdDSA` and `Ed25519`,
   * those of the FAPI 2.0 security profile.
   */
  readonly algorithms?: readonly Algorithm[]
  /** Seconds after its `iat` up to which a proof is taken. Not with `nonces`. Default 60. */
  readonly maxAge?: number
  /** Seconds by which its `iat` may lie ahead of this clock. Not with `nonces`. Default 5. */
  readonly clockTolerance?: number
  /**
   * Remembers which proofs were used. Default: in the memory of this process, for up to 5000 requests a
   * second, and two million at the most (some 250 MB). Share one between all servers of an API. One that
   * fails lets nobody pass.
   */
  readonly once?: OneTimeGuard
  /**
   * Makes every proof hold a nonce of this server (RFC 9449 section 9). Then it is the nonce that tells
   * a proof's age, and the clock of the client does not matter.
   */
  readonly nonces?: DpopNonces
  readonly clock?: Clock
}

/** Checked {@link DpopOptions}. */
export interface DpopParts {
  readonly targetsOf: TargetsOf
  readonly algorithms: readonly Algorithm[]
  readonly maxAge: number
  readonly clockTolerance: number
  readonly once: Pick<OneTimeGuard, 'consume'>
  readonly nonces: DpopNonces | undefined
  readonly clock: Clock
}

const OPTIONS = [
  'baseUrl',
  'algorithms',
  'maxAge',
  'clockTolerance',
  'once',
  'nonces',
  'clock',
] as const

const ALGORITHMS: readonly Algorithm[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519']

/**
 * Tells how many proofs there are at 5000 requests a second that could be sent again, when each has to be
 * remembered for so many seconds.
 */
export function proofsWithin(seconds: number): number {
  return Math.min(Math.max(Math.ceil(5000 * seconds), 500_000), 2_000_000)
}

/** Checks the options of a `DpopVerifier`. */
export function requireDpopOptions(options: DpopOptions): DpopParts {
  requireOptions(options, 'DpopVerifier')
  refuseUnknownOptions(options, OPTIONS, 'DpopVerifier')
  const { baseUrl, nonces, once } = options
  if (baseUrl === undefined) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'baseUrl',
      '"baseUrl" is required: the URL that clients know this server by. It cannot be taken from the request, whose Host header anybody can write.',
    )
  }
  const clock = clockOption(options.clock)
  requireMethod(nonces, 'nonces', 'expiry')
  requireMethod(once, 'once', 'consume')
  if (nonces !== undefined) {
    for (const name of ['maxAge', 'clockTolerance'] as const) {
      if (options[name] === undefined) continue
      throw invalid(name, `"${name}" is for proofs without nonces: the nonce tells a proof's age.`)
    }
  }
  const maxAge = optionalNumber(options.maxAge, 'maxAge', { min: 1, max: 3600 }) ?? 60
  const clockTolerance =
    optionalNumber(options.clockTolerance, 'clockTolerance', { max: 3600 }) ?? 5
  const max = proofsWithin(nonces?.lifetime ?? maxAge + clockTolerance)
  return {
    targetsOf: compileTargets(baseUrl),
    algorithms: requireAlgorithms(options.algorithms),
    maxAge,
    clockTolerance,
    once: once ?? ownMemory(max, clock),
    nonces,
    clock,
  }
}

/** Nobody else goes by it, and by another clock tolerance: no hour has to be added. */
function ownMemory(max: number, clock: Clock): Pick<OneTimeGuard, 'consume'> {
  const memory = new MemoryOneTimeGuard({ max, clock })
  return { consume: (id, neededUntil) => memory.consume(id, neededUntil, 0) }
}

function requireAlgorithms(value: readonly Algorithm[] = ALGORITHMS): readonly Algorithm[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('algorithms', '"algorithms" must be a list that names at least one algorithm.')
  }
  return Object.freeze(
    value.map((one) => {
      const algorithm = requireAlgorithm(one, 'algorithms')
      if (algorithmFacts(algorithm).family !== 'HMAC') return algorithm
      throw invalid(
        'algorithms',
        `"algorithms": ${algorithm} takes a secret, and proofs have none.`,
      )
    }),
  )
}

function requireMethod(value: object | undefined, option: string, method: string): void {
  if (value === undefined) return
  const found: unknown = value === null ? undefined : Reflect.get(Object(value), method)
  if (typeof found === 'function') return
  throw invalid(option, `"${option}" must be an object with a "${method}" method.`)
}
