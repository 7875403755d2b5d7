import type { Clock } from '../../base/clock.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { CHALLENGE_OPTIONS } from '../guard/challenge.ts'
import type { GuardOptions, GuardVerifier } from '../guard/options.ts'
import type { TokenPlaces } from '../guard/token-places.ts'

/** How an {@link UpgradeGuard} treats upgrades. */
export interface UpgradeOptions extends Omit<GuardOptions, 'preflight' | 'tokenFrom'> {
  /**
   * Where to look for the token. Default: the `Authorization` header, and the list of WebSocket
   * protocols as `bearer.` and the token, beside the application's own protocol. A cookie is sent
   * along by pages of other sites too, so it takes a verifier that binds tokens to origins.
   */
  readonly tokenFrom?: Omit<TokenPlaces, 'body'>
  /**
   * Gets what is not the request's fault: an error of the verifier's own, or one that was thrown
   * where the upgrade was accepted. Default: it is written to the console.
   */
  readonly onError?: (error: Error) => void
  readonly clock?: Clock
}

const UPGRADE_OPTIONS = [
  'optional',
  'tokenFrom',
  'exposeToken',
  'publicOrigin',
  'dpop',
  'allowBearer',
  'observe',
  'onError',
  'clock',
] as const

/** Refuses what is no set of options for upgrades. The guard underneath checks those that it takes. */
export function requireUpgradeOptions(
  options: UpgradeOptions,
  verifier: GuardVerifier<unknown>,
): void {
  requireOptions(options, 'upgradeAuth')
  refuseUnknownOptions(options, [...UPGRADE_OPTIONS, ...CHALLENGE_OPTIONS], 'upgradeAuth')
  const { tokenFrom } = options
  if (tokenFrom === undefined) return
  requireOptions(tokenFrom, 'tokenFrom')
  refuseUnknownOptions(tokenFrom, ['header', 'cookie', 'query', 'protocol'], 'tokenFrom')
  if (tokenFrom.cookie !== undefined && !verifier.checksOrigin) {
    throw invalid(
      'tokenFrom.cookie',
      '"tokenFrom.cookie": any web site can open a WebSocket with your user\'s cookies. Use a verifier with the option "origin".',
    )
  }
}
