import { importKey, type Key, RequestError, signCompact, TokenVerifier } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { HARD_TEXTS, mutated } from '../mutations.ts'
import { Finding, target } from '../target.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://api.example'
const clock = new FakeClock()
const now = clock.now() / 1000
const secret = Buffer.from('a secret of thirty-two bytes, ok')

let signing: Promise<Key> | undefined

const verifier = new TokenVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: [{ algorithm: 'HS256', key: { secret } }],
  clock,
  maxTokenLength: 1_000_000,
})

const date = fc.oneof(
  fc.integer({ min: now - 20, max: now + 20 }),
  fc.constantFrom(
    0,
    -0,
    1e300,
    -1,
    1e12,
    now,
    now - 5,
    now - 4.999,
    now + 5,
    now + 5.001,
    now + 60.001,
  ),
  fc.jsonValue(),
)
const name = fc.oneof(
  fc.constantFrom(ISSUER, AUDIENCE, '', `${ISSUER}/`, `${AUDIENCE} `),
  fc.jsonValue({ maxDepth: 2 }),
  fc.array(fc.constantFrom(ISSUER, AUDIENCE, '', 7, null)),
)
const claims = fc.record(
  {
    iss: fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(ISSUER) }, name),
    aud: fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(AUDIENCE) }, name),
    exp: fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(now + 60) }, date),
    nbf: date,
    iat: date,
    sub: fc.oneof({ weight: 3, arbitrary: fc.string() }, fc.jsonValue()),
    jti: fc.oneof({ weight: 3, arbitrary: fc.string() }, fc.jsonValue()),
    scope: fc.jsonValue(),
    ['__proto__']: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const text = claims.map((value) => JSON.stringify(value))
const inputs = fc.oneof({ weight: 3, arbitrary: text }, mutated(text), fc.json(), fc.string())

function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e12
}

/** Says again, in the plainest words, what the verifier has to accept. */
function acceptable(payload: string): boolean {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return false
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { iss, aud, exp, nbf, iat, sub, jti, scope } = value as Record<string, unknown>
  const names: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    iss === ISSUER &&
    names.includes(AUDIENCE) &&
    names.every((one) => typeof one === 'string') &&
    isDate(exp) &&
    exp > now - 5 &&
    (nbf === undefined || (isDate(nbf) && nbf <= now + 5)) &&
    (iat === undefined || (isDate(iat) && iat > 0 && iat <= now + 60)) &&
    [sub, jti].every((one) => one === undefined || typeof one === 'string') &&
    (scope === undefined || [scope].flat().every((one) => typeof one === 'string'))
  )
}

async function check(payload: string): Promise<void> {
  signing ??= importKey({ secret }, 'HS256')
  const token = await signCompact(Buffer.from(payload), {}, await signing)
  try {
    await verifier.verify(token)
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) return
    throw error
  }
  if (!acceptable(payload)) throw new Finding('Claims were accepted that must not be.')
}

/** Payloads that were signed by the right key, whatever they say. */
export const payloads = target({
  name: 'claims',
  inputs,
  check,
  large: HARD_TEXTS.map(([what, make]) => ({ name: `${what} for claims`, make })),
})
