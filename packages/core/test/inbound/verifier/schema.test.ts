import { type PayloadSchema, TokenVerifier, type VerifiedToken } from '@mayfly/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER } from '../../support/inbound.ts'

interface Member {
  readonly tenant: string
  readonly level: number
}

/** A schema by hand: it checks, drops what it does not know, and turns a text into a number. */
const memberSchema: PayloadSchema<Member> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: (value: unknown) => {
      const { tenant, level } = value as Record<string, unknown>
      const issues = [
        ...(typeof tenant === 'string'
          ? []
          : [{ message: `tenant: ${String(tenant)}`, path: ['tenant'] }]),
        ...(Number(level) > 0
          ? []
          : [{ message: `level: ${String(level)}`, path: [{ key: 'level' }] }]),
      ]
      return issues.length > 0
        ? { issues }
        : { value: { tenant: String(tenant), level: Number(level) } }
    },
  },
}

/** The verifier, the signer and the clock of `bench`, with the schema's own payload type. */
async function benchWith<Payload>(schema: PayloadSchema<Payload>): Promise<{
  readonly verify: (claims?: object) => Promise<VerifiedToken<Payload>>
}> {
  const { key, clock, sign } = await bench()
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: [{ algorithm: 'HS256', key }],
    clock,
    schema,
  })
  return {
    verify: async (claims = {}) => verifier.verify(await sign({ ...GOOD_CLAIMS, ...claims })),
  }
}

describe('A schema', () => {
  it('gives the payload its type and its value, and leaves the claims as they were signed', async () => {
    const { verify } = await benchWith(memberSchema)
    const verified = await verify({ tenant: 'acme', level: '3', scope: 'read' })
    expectTypeOf(verified.payload).toEqualTypeOf<Member>()
    expect(verified.payload).toEqual({ tenant: 'acme', level: 3 })
    expect(verified.claims).toMatchObject({ sub: 'alice', level: '3' })
    expect(verified.scopes).toEqual(['read'])
  })

  it('that is not met lists paths, and no values', async () => {
    const { verify } = await benchWith(memberSchema)
    const error = await failure(() => verify({ tenant: 4711, level: 'hidden' }))
    expect(error).toMatchObject({ code: 'ERR_CLAIMS_SCHEMA', reason: 'claims_schema', status: 401 })
    expect(String(error)).toContain('tenant, level')
    expect(String(error)).not.toMatch(/4711|hidden/)
  })

  it('may take its time', async () => {
    const { verify } = await benchWith({
      '~standard': {
        ...memberSchema['~standard'],
        validate: async (value: unknown) => memberSchema['~standard'].validate(value),
      },
    })
    expect((await verify({ tenant: 'acme', level: 1 })).payload.tenant).toBe('acme')
  })

  it('may be a function with a property', async () => {
    const { verify } = await benchWith(Object.assign(() => {}, memberSchema))
    expect((await verify({ tenant: 'acme', level: 1 })).payload.level).toBe(1)
  })

  it('runs last, and on every use', async () => {
    let runs = 0
    const counting: PayloadSchema<object> = {
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: (value) => {
          runs += 1
          return { value: value as object }
        },
      },
    }
    const { verify } = await benchWith(counting)
    expect(await failure(() => verify({ aud: 'other' }))).toMatchObject({ code: 'ERR_AUDIENCE' })
    expect(runs).toBe(0)
    await verify({})
    await verify({})
    expect(runs).toBe(2)
  })

  it('gets a copy that it may change, and changes nothing that was signed', async () => {
    const { verify } = await benchWith<unknown>({
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: (value) => {
          const claims = value as { list: { n: number }[] }
          claims.list.push({ n: 2 })
          for (const item of claims.list) item.n *= 10
          return { value }
        },
      },
    })
    const claims = JSON.parse('{ "list": [{ "n": 1 }], "__proto__": { "m": 1 } }') as object
    const { payload, claims: signed } = await verify(claims)
    expect(payload).toHaveProperty('list', [{ n: 10 }, { n: 20 }])
    expect(signed).toHaveProperty('list', [{ n: 1 }])
    expect(Object.getPrototypeOf(payload)).toBe(Object.prototype)
    expect(Object.keys(payload as object)).toContain('__proto__')
  })

  it('that breaks is not the fault of the token', async () => {
    const broken = new TypeError('a bug in the schema')
    const { verify } = await benchWith({
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: () => {
          throw broken
        },
      },
    })
    expect(await failure(() => verify({}))).toBe(broken)
  })

  it('with a great many issues names a few of them', async () => {
    const issues = Array.from({ length: 100 }, (_, index) => ({
      message: 'no',
      path: ['x'.repeat(200), index],
    }))
    const { verify } = await benchWith({
      '~standard': { version: 1, vendor: 'by hand', validate: () => ({ issues }) },
    })
    expect(String(await failure(() => verify({}))).length).toBeLessThan(1000)
  })
})
