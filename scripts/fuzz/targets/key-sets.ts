import { isMayflyError, RemoteKeys, RequestError, TokenVerifier } from '@mayfly/core'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { HARD_TEXTS, mutated, noise } from '../mutations.ts'
import { Finding, target } from '../target.ts'

const AUDIENCE = 'https://api.example'
const ISSUER = 'https://issuer.example'
const clock = new FakeClock()
const trusted = createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, clock })
const stranger = createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, clock })
const token = trusted.mint({ lifetime: 1e9 })
const forged = stranger.mint({ lifetime: 1e9, header: { kid: trusted.keyId } })
const [jwk] = trusted.jwks.keys
const GOOD = JSON.stringify(trusted.jwks)

interface Served {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const member = fc.oneof(
  fc.constant<unknown>(jwk),
  fc.jsonValue(),
  fc
    .dictionary(
      fc.constantFrom('kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'k', 'alg', 'use', 'key_ops', 'kid'),
      fc.oneof(
        fc.constantFrom<unknown>(
          'EC',
          'RSA',
          'oct',
          'OKP',
          'P-256',
          'sig',
          'enc',
          'ES256',
          'verify',
        ),
        fc.jsonValue(),
      ),
    )
    .map((changes) => Object.assign({}, jwk, changes)),
)
const set = fc
  .tuple(fc.array(member, { maxLength: 4 }), fc.dictionary(fc.string(), fc.jsonValue()))
  .map(([keys, rest]) => JSON.stringify({ ...rest, keys }))

const header = fc.tuple(
  fc.constantFrom('cache-control', 'age', 'expires', 'date', 'retry-after', 'content-type', 'etag'),
  fc.oneof(
    fc.constantFrom(
      'max-age=0',
      'max-age=-1',
      'max-age=1e9',
      'no-store',
      'max-age="5"',
      '0',
      'NaN',
    ),
    fc.string({ unit: fc.constantFrom(...Array.from('max-age=0123456789,;" :GMT')) }),
  ),
)

const inputs: fc.Arbitrary<Served> = fc.record({
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constant(200) },
    fc.constantFrom(201, 204, 301, 304, 400, 401, 404, 429, 500, 503),
  ),
  headers: fc.array(header, { maxLength: 3 }),
  body: fc.oneof(set, mutated(set), mutated(fc.constant(GOOD)), fc.json(), noise),
})

function response({ status, headers, body }: Served): Response {
  const empty = status === 204 || status === 304
  return new Response(empty ? null : body, { status, headers: headers.map(([n, v]) => [n, v]) })
}

async function outcome(verifier: TokenVerifier, text: string): Promise<boolean> {
  try {
    await verifier.verify(text)
    return true
  } catch (error) {
    if (error instanceof RequestError && (error.status === 401 || error.status === 503))
      return false
    throw error
  }
}

async function check(served: Served): Promise<void> {
  let answer = (): Response => response(served)
  const time = new FakeClock(clock.now())
  const keys = { jwksUri: 'https://issuer.example/keys', fetch: () => Promise.resolve(answer()) }
  const verifier = new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, clock: time })
  try {
    await verifier.warmUp()
  } catch (error) {
    if (!isMayflyError(error)) throw error
  }
  const known = await outcome(verifier, token)
  if (known && !served.body.includes(jwk?.['x'] as string)) {
    throw new Finding('A token was accepted by a key that was not served.')
  }
  if (await outcome(verifier, forged)) throw new Finding('A forged token was accepted.')
  // Whatever it was, it is over once the issuer answers as it should.
  answer = () => response({ status: 200, headers: [], body: GOOD })
  time.advance(25 * 3_600_000)
  if (!(await outcome(verifier, token))) throw new Finding('A bad answer locks a good key out.')
}

/** What a key server answers. */
export const keySets = target({
  name: 'key sets',
  inputs,
  check,
  large: HARD_TEXTS.map(([name, make]) => ({
    name: `${name} for a key set`,
    make: (size: number): Served => ({ status: 200, headers: [], body: make(size) }),
  })),
})

/** The same with discovery: what an issuer says of itself. */
export const metadata = target({
  name: 'metadata',
  inputs: fc.oneof(
    fc.json(),
    mutated(fc.constant(`{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/keys"}`)),
    fc
      .dictionary(
        fc.constantFrom('issuer', 'jwks_uri', 'x'),
        fc.oneof(
          fc.constantFrom<unknown>(ISSUER, `${ISSUER}/keys`, 'http://evil.example', 'file:///etc'),
          fc.jsonValue(),
        ),
      )
      .map((document) => JSON.stringify(document)),
  ),
  async check(document) {
    const asked: string[] = []
    const keys = new RemoteKeys({
      issuer: ISSUER,
      clock: new FakeClock(),
      fetch: (url) => {
        asked.push(url instanceof Request ? url.url : url.toString())
        return Promise.resolve(new Response(asked.at(-1)?.includes('well-known') ? document : GOOD))
      },
    })
    try {
      await keys.warmUp()
    } catch (error) {
      if (!isMayflyError(error)) throw error
    }
    for (const url of asked) {
      if (!url.startsWith('https://')) throw new Finding('It asked where nothing is encrypted.')
    }
    if (keys.health().state !== 'empty' && !document.includes(ISSUER)) {
      throw new Finding('It believed an issuer that names another.')
    }
  },
  large: HARD_TEXTS.map(([name, make]) => ({ name: `${name} for metadata`, make })),
})
