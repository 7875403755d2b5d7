import { type MultiIssuerOptions, MultiIssuerVerifier, type VerifierEvent } from '@mayfly/core'
import { type JwksServer, startJwksServer } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { AUDIENCE } from '../../support/inbound.ts'

export interface TwoIssuers extends AsyncDisposable {
  readonly clock: FakeClock
  readonly staff: JwksServer
  readonly partner: JwksServer
  readonly verifier: MultiIssuerVerifier
  readonly events: readonly VerifierEvent[]
}

/** Staff by discovery, for `AUDIENCE`; a partner by its `jwksUri`, for `partner-api`, with RS256. */
export async function twoIssuers(options: Partial<MultiIssuerOptions> = {}): Promise<TwoIssuers> {
  const clock = new FakeClock()
  const staff = await startJwksServer({ clock, audience: AUDIENCE })
  const partner = await startJwksServer({ clock, audience: 'partner-api', algorithm: 'RS256' })
  const events: VerifierEvent[] = []
  const verifier = new MultiIssuerVerifier({
    audience: AUDIENCE,
    issuers: [
      { issuer: staff.issuer, keys: { issuer: staff.issuer }, algorithms: ['ES256'] },
      {
        issuer: partner.issuer,
        audience: 'partner-api',
        keys: { jwksUri: partner.jwksUri },
        algorithms: ['RS256'],
      },
    ],
    clock,
    observe: (event) => events.push(event),
    ...options,
  })
  return {
    clock,
    staff,
    partner,
    verifier,
    events,
    async [Symbol.asyncDispose]() {
      await Promise.all([staff.close(), partner.close()])
    },
  }
}
