import { DpopVerifier, type RequestLike } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { received } from '../../support/requests.ts'

/** RFC 9449 section 6.1. */
const THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const KEY =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19'

/** RFC 9449 section 4.1. */
const AT_THE_TOKEN_ENDPOINT = `${KEY}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`

/** RFC 9449 section 7.1. */
const AT_THE_RESOURCE = `${KEY}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`
const ACCESS_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'

function verifierAt(seconds: number): DpopVerifier {
  return new DpopVerifier({
    baseUrl: ['https://server.example.com', 'https://resource.example.org'],
    clock: new FakeClock(seconds * 1000),
  })
}

const tokenRequest: RequestLike = received({
  method: 'POST',
  url: '/token',
  fields: [['DPoP', AT_THE_TOKEN_ENDPOINT]],
})
const resourceRequest: RequestLike = received({
  url: '/protectedresource',
  fields: [['DPoP', AT_THE_RESOURCE]],
})

describe('The proofs that RFC 9449 shows', () => {
  it('are good at the time that they were made, and of the key that it names', async () => {
    const forToken = await verifierAt(1_562_262_616).verify(tokenRequest)
    expect(forToken.thumbprint).toBe(THUMBPRINT)
    const forResource = await verifierAt(1_562_262_618).verify(resourceRequest, ACCESS_TOKEN)
    expect(forResource.thumbprint).toBe(THUMBPRINT)
  })

  it('are good for a minute after that, and for five seconds before', async () => {
    await verifierAt(1_562_262_616 + 60).verify(tokenRequest)
    await verifierAt(1_562_262_616 - 5).verify(tokenRequest)
    for (const seconds of [61, -6]) {
      await expect(verifierAt(1_562_262_616 + seconds).verify(tokenRequest)).rejects.toMatchObject({
        code: 'ERR_DPOP_PROOF',
        reason: 'proof_expired',
      })
    }
  })

  it('are good for no other token, and for no other URL', async () => {
    const verifier = verifierAt(1_562_262_618)
    await expect(verifier.verify(resourceRequest, `${ACCESS_TOKEN}x`)).rejects.toMatchObject({
      reason: 'proof_invalid',
    })
    const elsewhere = { ...resourceRequest, url: '/protectedresource/2' }
    await expect(verifier.verify(elsewhere, ACCESS_TOKEN)).rejects.toMatchObject({
      reason: 'proof_invalid',
    })
  })
})
