import { type IssuerEvent, type IssuerOptions, KeyRing, TokenIssuer } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure, ISSUER } from '../../support/inbound.ts'

const ring = await KeyRing.create()

function issuerWith(options: Partial<IssuerOptions> = {}): TokenIssuer {
  return new TokenIssuer({ issuer: ISSUER, keys: ring, clock: new FakeClock(), ...options })
}

/** Issues a token, and reads its claims. */
async function claimsOf(
  issuer: TokenIssuer,
  options: { audience?: string | string[]; origins: string[] },
): Promise<Record<string, unknown>> {
  const { value } = await issuer.issue({ ...options, expiresIn: 60 })
  const text = Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(text) as Record<string, unknown>
}

describe('An issuer writes origins', () => {
  it('into aud beside the audience, in their normal form and each once', async () => {
    const origins = ['https://App.Example.com/', 'https://app.example.com:443', '*.example.org']
    const { aud } = await claimsOf(issuerWith(), { audience: 'orders', origins })
    expect(aud).toEqual(['orders', 'https://app.example.com', '*.example.org'])
  })

  it('into aud alone', async () => {
    const { aud } = await claimsOf(issuerWith(), { origins: ['app.example.com'] })
    expect(aud).toBe('app.example.com')
  })

  it('into a claim of its own, always as a list', async () => {
    const issuer = issuerWith({ originClaim: 'allowed_origins' })
    const claims = await claimsOf(issuer, { audience: 'orders', origins: ['app.example.com'] })
    expect(claims).toMatchObject({ aud: 'orders', allowed_origins: ['app.example.com'] })
  })

  it('with a wildcard on a suffix only when told to', async () => {
    const origins = ['*.internal']
    expect(await failure(() => claimsOf(issuerWith(), { origins }))).toMatchObject({
      code: 'ERR_ORIGIN_PATTERN',
    })
    const { aud } = await claimsOf(issuerWith({ allowSuffixes: ['internal'] }), { origins })
    expect(aud).toBe('*.internal')
  })

  it.each([
    ['*', ['*'], { type: 'warning', warning: 'origin_any' }],
    ['file://', ['file://'], { type: 'warning', warning: 'origin_file' }],
  ])('%s with a warning', async (_, origins, warning) => {
    for (const options of [{}, { originClaim: 'allowed_origins' }]) {
      const events: IssuerEvent[] = []
      await claimsOf(issuerWith({ observe: (event) => events.push(event), ...options }), {
        origins,
      })
      expect(events).toEqual([{ type: 'issue', lifetime: 60 }, warning])
    }
  })

  it('and warns of a "*" that came as an audience', async () => {
    const events: IssuerEvent[] = []
    const issuer = issuerWith({ observe: (event) => events.push(event) })
    await claimsOf(issuer, { audience: ['orders', '*'], origins: [] })
    expect(events).toContainEqual({ type: 'warning', warning: 'origin_any' })
  })
})

describe('An issuer refuses', () => {
  it.each(['*.com', '*.github.io', 'app-*.example.com', 'wss://x.example', 'x.example/path', ''])(
    'the origin "%s"',
    async (origin) => {
      const error = await failure(() => claimsOf(issuerWith(), { origins: [origin] }))
      expect(error).toMatchObject({ name: 'OptionError', code: 'ERR_ORIGIN_PATTERN' })
    },
  )

  it('an origin that is an audience as well, unless it goes into a claim of its own', async () => {
    const options = { audience: 'https://app.example.com', origins: ['https://app.example.com'] }
    expect(await failure(() => claimsOf(issuerWith(), options))).toMatchObject({
      option: 'origins',
    })
    await claimsOf(issuerWith({ originClaim: 'allowed_origins' }), options)
  })

  it('suffixes that anybody can register, with the first token that names origins', async () => {
    const issuer = issuerWith({ allowSuffixes: ['com'] })
    const error = await failure(() => claimsOf(issuer, { origins: ['https://app.example.com'] }))
    expect(error).toMatchObject({ code: 'ERR_OPTION_INVALID', option: 'allowSuffixes[0]' })
  })
})
