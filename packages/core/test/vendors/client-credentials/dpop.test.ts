import { inspect } from 'node:util'
import { DpopProver, DpopVerifier, generateKey, type SourceError } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { recordingFetch, type Sent } from '../../support/recording-fetch.ts'
import { received } from '../../support/requests.ts'

const tokenEndpoint = 'https://auth.example.com/oauth/token'
const BOUND = { access_token: 'a', token_type: 'DPoP', expires_in: 60 }

const refuses = (error: string, headers: Record<string, string> = {}, status = 400): Response =>
  Response.json({ error }, { status, headers })

function setUp(answer: (sent: Sent) => Response, clock = new FakeClock()) {
  const recorded = recordingFetch(answer)
  const dpop = new DpopProver({ clock })
  const source = clientCredentials({
    tokenEndpoint,
    clientId: 'orders',
    clientSecret: 'secret',
    fetch: recorded.fetch,
    clock,
    dpop,
  })
  return { ...recorded, dpop, source, clock }
}

function proofIn({ headers }: Sent): string {
  return headers.get('dpop') ?? ''
}

function claimsOf(sent: Sent | undefined): Record<string, unknown> {
  const [, payload = ''] = proofIn(sent as Sent).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

describe('clientCredentials with "dpop"', () => {
  it('proves its key to the token endpoint, without a hash of a token', async () => {
    const { source, sent, dpop, clock, last } = setUp(() => Response.json(BOUND))
    expect((await source.getToken()).value).toBe('a')
    expect(sent).toHaveLength(1)
    expect(last().authorization).toMatch(/^Basic /)
    const verifier = new DpopVerifier({ baseUrl: 'https://auth.example.com', clock })
    const fields = [['DPoP', proofIn(last())] as const]
    const proof = await verifier.verify(received({ method: 'POST', url: '/oauth/token', fields }))
    expect(proof.thumbprint).toBe(await dpop.thumbprint())
    expect(claimsOf(last())).not.toHaveProperty('ath')
  })

  it.each([400, 401])('asks once more with the nonce of a refusal with %i', async (status) => {
    const { source, sent } = setUp((one) =>
      claimsOf(one)['nonce'] === 'nonce-1'
        ? Response.json(BOUND, { headers: { 'dpop-nonce': 'nonce-2' } })
        : refuses('use_dpop_nonce', { 'dpop-nonce': 'nonce-1' }, status),
    )
    await source.getToken()
    expect(sent.map((one) => claimsOf(one)['nonce'])).toEqual([undefined, 'nonce-1'])
    expect(claimsOf(sent[0])['jti']).not.toBe(claimsOf(sent[1])['jti'])
    await source.getToken().catch(() => {})
    expect(claimsOf(sent[2])['nonce']).toBe('nonce-2')
  })

  it('asks no third time, and not at all without a nonce to ask with', async () => {
    const stubborn = setUp(() => refuses('use_dpop_nonce', { 'dpop-nonce': 'nonce-1' }))
    await expect(stubborn.source.getToken()).rejects.toMatchObject({ code: 'ERR_MINT_REFUSED' })
    expect(stubborn.sent).toHaveLength(2)
    const bare = setUp(() => refuses('use_dpop_nonce'))
    await expect(bare.source.getToken()).rejects.toMatchObject({ code: 'ERR_MINT_REFUSED' })
    expect(bare.sent).toHaveLength(1)
    const other = setUp(() => refuses('invalid_client', { 'dpop-nonce': 'nonce-1' }, 401))
    await expect(other.source.getToken()).rejects.toMatchObject({ permanent: true })
    expect(other.sent).toHaveLength(1)
  })

  it('dates the proof by the clock of the server once that is known to be another', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() + 7_200_000).toUTCString()
    const { source, sent } = setUp((one) => {
      const isLate = Number(claimsOf(one)['iat']) < clock.now() / 1000 + 7000
      return isLate
        ? refuses('invalid_dpop_proof', { date })
        : Response.json(BOUND, { headers: { date } })
    }, clock)
    await source.getToken()
    expect(sent).toHaveLength(2)
  })

  it.each(['Bearer', 'bearer', 'mac', undefined])(
    'takes no token of the type %j: it would be bound to no key',
    async (type) => {
      const { source } = setUp(() => Response.json({ ...BOUND, token_type: type }))
      await expect(source.getToken()).rejects.toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    },
  )

  it('and without it, no bound token', async () => {
    const { fetch } = recordingFetch(() => Response.json(BOUND))
    const plain = clientCredentials({ tokenEndpoint, clientId: 'a', clientSecret: 'b', fetch })
    await expect(plain.getToken()).rejects.toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
  })

  it('shares its tokens with sources of the same key alone', async () => {
    const [one, two] = [await generateKey('ES256'), await generateKey('ES256')]
    const idOf = (dpop?: DpopProver): string =>
      clientCredentials({
        tokenEndpoint,
        clientId: 'orders',
        clientSecret: 'a secret that is long enough',
        ...(dpop && { dpop }),
      }).id
    const prover = (privateKey: typeof one): DpopProver => new DpopProver({ privateKey })
    expect(idOf(prover(one))).toBe(idOf(prover(one)))
    const ids = [idOf(), idOf(prover(one)), idOf(prover(two)), idOf(new DpopProver())]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('repeats neither proof nor nonce in its errors', async () => {
    const { source, sent } = setUp((one) =>
      Response.json(
        { error: 'invalid_dpop_proof', error_description: `bad proof: ${proofIn(one)}` },
        { status: 400, headers: { 'dpop-nonce': 'nonce-1' } },
      ),
    )
    const error = (await failure(() => source.getToken())) as SourceError
    const shown = inspect(error, { depth: 9 })
    for (const part of proofIn(sent[0] as Sent).split('.')) expect(shown).not.toContain(part)
    expect(shown).toContain('invalid_dpop_proof')
    expect(shown).not.toContain('nonce-1')
  })

  it('refuses anything but a prover', () => {
    for (const dpop of [true, {}, null]) {
      const options = { tokenEndpoint, clientId: 'a', clientSecret: 'b', dpop: dpop as never }
      expect(() => clientCredentials(options)).toThrow(expect.objectContaining({ option: 'dpop' }))
    }
  })
})
