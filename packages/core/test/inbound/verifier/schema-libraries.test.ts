import { inspect } from 'node:util'
import {
  type PayloadSchema,
  type RequestError,
  TokenVerifier,
  type VerifiedToken,
} from '@mayfly/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER } from '../../support/inbound.ts'

/** What every schema here makes of a token: the plan in small letters, and the limit as a number. */
interface Member {
  tenant: { id: string }
  plan: string
  limit: number
}

const zodMember = z.object({
  tenant: z.object({ id: z.string() }),
  plan: z.string().transform((plan) => plan.toLowerCase()),
  limit: z.string().regex(/^\d+$/).transform(Number),
})

const valibotMember = v.object({
  tenant: v.object({ id: v.string() }),
  plan: v.pipe(v.string(), v.toLowerCase()),
  limit: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
})

const arktypeMember = type({
  '+': 'delete',
  tenant: { '+': 'delete', id: 'string' },
  plan: 'string.lower',
  limit: 'string.integer.parse',
})

const MEMBER_CLAIMS = { tenant: { id: 'acme' }, plan: 'GOLD', limit: '25' }

const SIGNED_CLAIMS = { ...GOOD_CLAIMS, ...MEMBER_CLAIMS }

const libraries: readonly (readonly [name: string, schema: PayloadSchema<Member>])[] = [
  ['Zod', zodMember],
  ['Valibot', valibotMember],
  ['ArkType', arktypeMember],
]

/** Verifies a token with these claims by a verifier that has this schema. */
async function verifyWith<Payload>(
  schema: PayloadSchema<Payload>,
  claims: object = MEMBER_CLAIMS,
): Promise<VerifiedToken<Payload>> {
  const { key, clock, sign } = await bench()
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: [{ algorithm: 'HS256', key }],
    clock,
    schema,
  })
  return verifier.verify(await sign({ ...GOOD_CLAIMS, ...claims }))
}

/** The paths that a refusal names. Each library has an order of its own. */
function pathsIn(error: unknown): readonly string[] | undefined {
  return / at: (.+)\.$/
    .exec((error as Error).message)?.[1]
    ?.split(', ')
    .sort()
}

/** Whatever of an error may get into a log or an answer. */
function everythingIn(error: unknown): string {
  const { headers } = error as RequestError
  const seen = inspect(error, { depth: 9, showHidden: true })
  return [String(error), seen, JSON.stringify(error), JSON.stringify(headers)].join('\n')
}

describe('The payload has the type that comes out of a schema', () => {
  it('of Zod', async () => {
    const { payload } = await verifyWith(zodMember)
    expectTypeOf(payload).toEqualTypeOf<z.output<typeof zodMember>>()
    expectTypeOf(payload).toEqualTypeOf<Member>()
  })

  it('of Valibot', async () => {
    const { payload } = await verifyWith(valibotMember)
    expectTypeOf(payload).toEqualTypeOf<v.InferOutput<typeof valibotMember>>()
    expectTypeOf(payload).toEqualTypeOf<Member>()
  })

  it('of ArkType', async () => {
    const { payload } = await verifyWith(arktypeMember)
    expectTypeOf(payload).toEqualTypeOf<typeof arktypeMember.infer>()
    expectTypeOf(payload).toEqualTypeOf<Member>()
  })
})

describe.each(libraries)('A schema of %s', (_name, schema) => {
  it('changes the payload, and leaves the claims as they were signed', async () => {
    const { payload, claims } = await verifyWith(schema)
    expect(payload).toEqual({ tenant: { id: 'acme' }, plan: 'gold', limit: 25 })
    expect(claims).toEqual(SIGNED_CLAIMS)
  })

  it.each([
    ['of the wrong type', { plan: 471_147 }, ['plan'], '471147'],
    ['of the wrong form', { limit: 'hidden-limit' }, ['limit'], 'hidden-limit'],
    ['inside another', { tenant: { id: ['hidden-id'] } }, ['tenant.id'], 'hidden-id'],
    ['in two places', { plan: 471_147, limit: 'hidden-limit' }, ['limit', 'plan'], 'hidden-limit'],
  ])(
    'refuses a claim %s by its path, and does not show its value',
    async (_, claims, paths, value) => {
      const error = await failure(() => verifyWith(schema, { ...MEMBER_CLAIMS, ...claims }))
      expect(error).toMatchObject({
        code: 'ERR_CLAIMS_SCHEMA',
        reason: 'claims_schema',
        status: 401,
      })
      expect(pathsIn(error)).toEqual(paths)
      expect(everythingIn(error)).not.toContain(value)
    },
  )

  it('refuses a token without the claim', async () => {
    const error = await failure(() => verifyWith(schema, { plan: 'GOLD', limit: '25' }))
    expect(error).toMatchObject({ code: 'ERR_CLAIMS_SCHEMA' })
    expect(pathsIn(error)).toEqual(['tenant'])
  })
})

describe('A schema that repeats the value in its own messages', () => {
  it.each([
    ['Zod', z.object({ plan: z.string().refine(() => false, { error: saysInput }) })],
    [
      'Valibot',
      v.object({
        plan: v.pipe(
          v.string(),
          v.check(() => false, saysInput),
        ),
      }),
    ],
    ['ArkType', type({ plan: type('string').narrow((_, ctx) => ctx.mustBe('other')) })],
  ] satisfies [string, PayloadSchema][])('is not heard: %s', async (_name, schema) => {
    const result = await schema['~standard'].validate(MEMBER_CLAIMS)
    // Otherwise there would be nothing to keep quiet about.
    expect(result).toHaveProperty('issues.0.message', expect.stringContaining('GOLD'))
    const error = await failure(() => verifyWith<unknown>(schema))
    expect(pathsIn(error)).toEqual(['plan'])
    expect(everythingIn(error)).not.toContain('GOLD')
  })
})

function saysInput({ input }: { readonly input?: unknown }): string {
  return `"${String(input)}" is no plan`
}
