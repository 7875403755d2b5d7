import { DpopNonces, DpopVerifier, Guard, MemoryOneTimeGuard, TokenIssuer } from '@mayfly/core'
import { issueEndpoint, UpgradeGuard } from '@mayfly/core/adapter'
import { describe, expect, it } from 'vitest'
import { bench } from '../../support/inbound.ts'

const baseUrl = 'https://api.example.com'
const { verifier } = await bench()
const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })

describe('An unsound option is refused by name:', () => {
  it.each<[option: string, make: () => unknown]>([
    ['baseUrl', () => new DpopVerifier({} as never)],
    ['baseUrl', () => new DpopVerifier({ baseUrl: [] })],
    ['baseUrl', () => new DpopVerifier({ baseUrl: '/api' })],
    ['baseUrl', () => new DpopVerifier({ baseUrl: 'api.example.com' })],
    ['baseUrl', () => new DpopVerifier({ baseUrl: `${baseUrl}?a` })],
    ['baseUrl', () => new DpopVerifier({ baseUrl: 'wss://api.example.com' })],
    ['algorithms', () => new DpopVerifier({ baseUrl, algorithms: [] })],
    ['algorithms', () => new DpopVerifier({ baseUrl, algorithms: ['HS256'] })],
    ['algorithms', () => new DpopVerifier({ baseUrl, algorithms: ['none'] as never })],
    ['maxAge', () => new DpopVerifier({ baseUrl, maxAge: 0 })],
    ['maxAge', () => new DpopVerifier({ baseUrl, maxAge: 60_000 })],
    ['maxAge', () => new DpopVerifier({ baseUrl, maxAge: 60, nonces: new DpopNonces() })],
    ['clockTolerance', () => new DpopVerifier({ baseUrl, clockTolerance: -1 })],
    ['once', () => new DpopVerifier({ baseUrl, once: new Map() as never })],
    ['nonces', () => new DpopVerifier({ baseUrl, nonces: true as never })],
    ['nonce', () => new DpopVerifier({ baseUrl, nonce: true } as never)],
    ['secret', () => new DpopNonces({ secret: new Uint8Array(31) })],
    ['secret', () => new DpopNonces({ secret: 'x'.repeat(32) as never })],
    ['period', () => new DpopNonces({ period: 0 })],
    ['dpop', () => new Guard(verifier, { dpop: { baseUrl } as never })],
    ['allowBearer', () => new Guard(verifier, { allowBearer: true })],
    ['allowBearer', () => new UpgradeGuard(verifier, { allowBearer: false })],
    ['allowBearer', () => issueEndpoint(issuer, () => null, { allowBearer: true })],
    ['dpop', () => issueEndpoint(issuer, () => null, { dpop: true as never })],
    ['dPop', () => issueEndpoint(issuer, () => null, { dPop: true } as never)],
  ])('%s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })

  it('says why the base URL cannot be guessed', () => {
    expect(() => new DpopVerifier({} as never)).toThrow(/Host header/)
  })

  it('and sound ones are taken', () => {
    const replay = new MemoryOneTimeGuard()
    const dpop = new DpopVerifier({ baseUrl, algorithms: ['ES384'], maxAge: 5, once: replay })
    expect(dpop.algorithms).toEqual(['ES384'])
    expect(new DpopVerifier({ baseUrl }).algorithms).toEqual(['ES256', 'PS256', 'EdDSA', 'Ed25519'])
  })
})

describe('An issuer', () => {
  const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

  it.each([
    ['confirmation.jkt', { confirmation: { jkt: 'short' } }],
    ['confirmation.jkt', { confirmation: { jkt: `${jkt.slice(0, -1)}J` } }],
    ['confirmation.jkt', { confirmation: {} }],
    ['kid', { confirmation: { jkt, kid: 'a' } }],
    ['options', { confirmation: jkt }],
    ['claims', { confirmation: { jkt }, claims: { cnf: {} } }],
    ['claims', { claims: { cnf: { jkt } } }],
  ])('refuses an unsound binding: %s', async (option, options) => {
    const issued = issuer.issue({ expiresIn: 60, ...options } as never)
    await expect(issued).rejects.toMatchObject({ name: 'OptionError', option })
  })

  it('leaves other confirmations to its caller', async () => {
    const claims = { cnf: { 'x5t#S256': jkt } }
    await expect(issuer.issue({ expiresIn: 60, claims })).resolves.toBeDefined()
  })
})
