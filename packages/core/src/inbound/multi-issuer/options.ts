import type { JwtPayload } from '../claims/payload.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { VerifierKeys } from '../verifier/key-set.ts'
import { VERIFIER_OPTIONS, type VerifierOptions } from '../verifier/options.ts'
import { STATE_OPTIONS, type StateOptions } from '../verifier/state.ts'

/** One issuer, and what its tokens are judged by. What is left out is as for all. */
export interface TrustedIssuer<Payload = JwtPayload> extends Partial<VerifierOptions<Payload>> {
  /** The issuer, or several names of one issuer, compared to the letter. */
  readonly issuer: string | readonly string[]
  /** The keys of this issuer. They verify nobody else's tokens. */
  readonly keys: VerifierKeys
}

/** Finds an issuer by the name that a token claims. */
export type FindIssuer<Payload = JwtPayload> = (
  issuer: string,
) => TrustedIssuer<Payload> | undefined | Promise<TrustedIssuer<Payload> | undefined>

/**
 * What a `MultiIssuerVerifier` is told: its issuers, and what is the same for all of them. Stores for
 * one-time use, generations and revocations belong to each issuer, since two issuers may give their
 * tokens or subjects the same id.
 */
export interface MultiIssuerOptions<Payload = JwtPayload>
  extends Partial<Omit<VerifierOptions<Payload>, 'issuer' | 'keys' | keyof StateOptions>> {
  /**
   * The issuers that are trusted; or a function that is asked for each new one, and gives `undefined` for
   * one that is not. It is for tenants that are not known at the start; what it may go by is the name alone,
   * which nobody has signed yet.
   */
  readonly issuers: readonly TrustedIssuer<Payload>[] | FindIssuer<Payload>
  /** How many issuers are kept that a function gave; those used longest ago are asked for again. Default 1000. */
  readonly max?: number
}

const OWN: ReadonlySet<string> = new Set(['issuer', 'keys', ...STATE_OPTIONS])

/** Refuses what is no set of options. Those of each issuer are checked by its verifier. */
export function requireMultiIssuerOptions(options: { readonly issuers: unknown }): void {
  requireOptions(options, 'MultiIssuerVerifier')
  const own = Object.keys(options).find((name) => OWN.has(name))
  if (own !== undefined) {
    throw invalid(own, `"${own}" is each issuer's own: give it inside "issuers".`)
  }
  const shared = VERIFIER_OPTIONS.filter((name) => !OWN.has(name))
  refuseUnknownOptions(options, ['issuers', 'max', ...shared], 'MultiIssuerVerifier')
  refuseIntrospection(options)
  const { issuers } = options
  if (typeof issuers === 'function' || (Array.isArray(issuers) && issuers.length > 0)) return
  throw new OptionError(
    'ERR_OPTION_REQUIRED',
    'issuers',
    '"issuers" must list at least one { issuer, keys }.',
  )
}

function refuseIntrospection(options: object): void {
  if (!('introspection' in options)) return
  throw invalid(
    'introspection',
    '"introspection" is for a TokenVerifier: an opaque token does not say whose it is.',
  )
}

/** Reads the names of one issuer. Here nobody may be left out of the check. */
export function namesOf(entry: { readonly issuer: unknown }): readonly string[] {
  requireOptions(entry, 'MultiIssuerVerifier')
  refuseIntrospection(entry)
  const { issuer } = entry
  if (issuer === undefined) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'issuer', '"issuer" is required.')
  }
  const names: readonly unknown[] = Array.isArray(issuer) ? issuer : [issuer]
  if (names.every((name) => typeof name === 'string')) return names
  throw invalid('issuer', '"issuer" must be the name of an issuer, or a list of its names.')
}

/** Says of a fault in an issuer's options where it is. */
export function inEntry<Value>(index: number, make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    const place = `issuers[${index}]`
    throw new OptionError(error.code, `${place}.${error.option}`, `${place}: ${error.message}`, {
      cause: error,
    })
  }
}
