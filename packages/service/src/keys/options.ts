import { type Algorithm, type Clock, ALGORITHMS } from '@mayfly/core'
import {
  clockOption,
  optionalFunction,
  optionalNumber,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '@mayfly/core/adapter'
import type { Ledger } from '../ledger/ledger.ts'
import type { Sealer } from '../seal/sealer.ts'

/** Where signing keys are kept: a ledger, of which no more is needed. */
export type KeyStore = Pick<Ledger, 'keys' | 'addKey' | 'needKeyUntil' | 'removeKey'>

/** What `ServiceKeys` is told. */
export interface ServiceKeysOptions {
  readonly ledger: KeyStore
  readonly sealer: Sealer
  /** What new keys are made for; none of those with a secret. Default `ES256`. */
  readonly algorithm?: Algorithm
  /** Seconds that a key signs before another one takes its place. Default 30 days. */
  readonly rotateEvery?: number
  /**
   * Seconds that others may keep the published keys: a new key is published that much before it signs,
   * and a minute more, for the time that nodes take to hear of it. Default 600.
   */
  readonly publishAhead?: number
  readonly clock?: Clock
  /** Is told when keys cannot be read or rotated, whether or not anybody waited for it. */
  readonly onFailure?: (error: unknown) => void
}

/** {@link ServiceKeysOptions}, checked. */
export type ServiceKeysSettings = Required<ServiceKeysOptions>

const DAY = 86_400
/** Seconds. More often helps nobody: each key is published for longer than that before it signs. */
export const MIN_ROTATE_EVERY = 60

const ASYMMETRIC = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))

/** Checks the options. */
export function readOptions(options: ServiceKeysOptions): ServiceKeysSettings {
  requireOptions(options, 'ServiceKeys')
  const known = [
    'ledger',
    'sealer',
    'algorithm',
    'rotateEvery',
    'publishAhead',
    'clock',
    'onFailure',
  ]
  refuseUnknownOptions(options, known, 'ServiceKeys')
  return {
    ledger: options.ledger,
    sealer: options.sealer,
    algorithm: requireOneOf(options.algorithm ?? 'ES256', 'algorithm', ASYMMETRIC),
    rotateEvery:
      optionalNumber(options.rotateEvery, 'rotateEvery', { min: MIN_ROTATE_EVERY }) ?? 30 * DAY,
    publishAhead: optionalNumber(options.publishAhead, 'publishAhead', { max: DAY }) ?? 600,
    clock: clockOption(options.clock),
    onFailure: optionalFunction(options.onFailure, 'onFailure') ?? (() => {}),
  }
}
