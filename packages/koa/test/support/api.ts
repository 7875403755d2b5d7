import { TokenVerifier } from '@mayfly/core'
import { createTestIssuer, FakeClock, type TestIssuer } from '@mayfly/testing'

const AUDIENCE = 'https://api.example.com'

/** An issuer, and the verifier that takes its tokens. */
export interface Api {
  readonly issuer: TestIssuer
  readonly verifier: TokenVerifier
  /** The header fields of a caller with a good token. */
  readonly bearer: (claims?: Readonly<Record<string, unknown>>) => { authorization: string }
}

export function createApi(): Api {
  const clock = new FakeClock()
  const issuer = createTestIssuer({ audience: AUDIENCE, clock })
  const { keys } = issuer
  const verifier = new TokenVerifier({ issuer: issuer.issuer, audience: AUDIENCE, keys, clock })
  const bearer: Api['bearer'] = (claims = {}) => ({
    authorization: `Bearer ${issuer.mint({ claims: { sub: 'alice', ...claims } })}`,
  })
  return { issuer, verifier, bearer }
}
