import type { Clock, TokenSource } from '@mayfly/core'
import type { SdkVerdict } from '@mayfly/sandboxes'
import type { FakeClock } from '@mayfly/testing'
import type { VendorBench } from './contract.ts'

/** A vendor whose tokens go to an SDK. */
export interface SdkVendor {
  /** Makes the source with a callback for its secret. */
  readonly make: (secret: () => string, clock: Clock, options: object) => TokenSource
  /** Judges a token as the SDK's server does, by its own clock. */
  readonly judge: (token: string, secret: string, clock: Clock) => SdkVerdict<string>
}

/** A bench without HTTP: the client hands the token to the SDK, and the SDK's server judges it. */
export function sdkBench({ make, judge }: SdkVendor): (clock: FakeClock) => Promise<VendorBench> {
  return async (clock) => {
    const secrets = ['first-secret-of-the-app']
    let offsetMs = 0
    return {
      source: (options = {}) => make(() => secrets.at(-1) ?? '', clock, options),
      client: (source) => async () => {
        const { value } = await source.getToken()
        const server = { now: () => clock.now() + offsetMs }
        // While a secret is exchanged, vendors take tokens of both.
        const accepted = secrets.some((secret) => judge(value, secret, server).accepted)
        return accepted ? 200 : 401
      },
      setServerClock: (ms) => {
        offsetMs = ms
      },
      rotateKey: () => {
        secrets.push('second-secret-of-the-app')
      },
      secrets,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
}
