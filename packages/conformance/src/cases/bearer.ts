import { deepEqual, equal } from 'node:assert/strict'
import { AUDIENCE, type Bench, bearer, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertJson, assertNowhere, assertRefused } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'
import type { Fields } from '../http-client.ts'

async function openProtected<Middleware>(
  { adapter, verifier, open }: Bench<Middleware>,
  options?: Parameters<typeof adapter.bearerAuth>[1],
): Promise<Site> {
  const guard = adapter.bearerAuth(verifier(), options)
  return open({ path: '/me', middleware: [guard], handle: answerAuth })
}

const NO_TOKEN = { status: 401, reason: 'token_missing', error: null } as const
const BAD_REQUEST = { status: 400, reason: 'request_invalid', error: 'invalid_request' } as const

/** Where a token may stand, and how the header must be written. */
export const bearerCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth hands the verified claims to what stands behind it',
    async run(bench) {
      await using site = await openProtected(bench)
      const claims = { sub: 'user-1', iat: 1_700_000_000, exp: 1_700_000_300, jti: 'id-1' }
      const token = bench.issuer.mint({ claims })
      const auth = { iss: bench.issuer.issuer, aud: AUDIENCE, ...claims }
      assertJson(await site.get('/me', token), { auth })
    },
  },
  {
    name: 'bearerAuth answers a request without credentials with a bare challenge',
    async run(bench) {
      await using site = await openProtected(bench)
      assertRefused(await site.get('/me'), NO_TOKEN)
    },
  },
  {
    name: 'bearerAuth takes the scheme in any case',
    async run(bench) {
      await using site = await openProtected(bench)
      for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
        const fields: Fields = [['authorization', `${scheme} ${bench.issuer.mint()}`]]
        equal((await site.send('/me', { fields })).status, 200, scheme)
      }
    },
  },
  {
    name: 'bearerAuth takes credentials of another scheme for none',
    async run(bench) {
      await using site = await openProtected(bench)
      const token = bench.issuer.mint()
      for (const value of [
        token,
        `Basic ${token}`,
        `Token ${token}`,
        `BearerX ${token}`,
        `DPoP ${token}`,
      ]) {
        assertRefused(await site.send('/me', { fields: [['Authorization', value]] }), NO_TOKEN)
      }
    },
  },
  {
    name: 'bearerAuth refuses a Bearer header that is not one space and one token',
    async run(bench) {
      await using site = await openProtected(bench)
      const token = bench.issuer.mint()
      const values = [
        '',
        'Bearer',
        `Bearer  ${token}`,
        `Bearer\t${token}`,
        `Bearer \t${token}`,
        `Bearer ${token} ${token}`,
        `Bearer ${token},${token}`,
        `Bearer ${token}, Basic eDp5`,
        `Bearer "${token}"`,
        `Bearer=${token}`,
      ]
      for (const value of values) {
        const answer = await site.send('/me', { fields: [['Authorization', value]] })
        assertRefused(answer, BAD_REQUEST)
        assertNowhere(answer, token)
      }
    },
  },
  {
    name: 'bearerAuth refuses two Authorization headers, whatever they say',
    async run(bench) {
      await using site = await openProtected(bench)
      const [good] = bearer(bench.issuer.mint())
      const [bad] = bearer(bench.issuer.mint({ fault: 'expired' }))
      const basic = ['authorization', 'Basic eDp5'] as const
      if (good === undefined || bad === undefined) throw new Error('no fields')
      for (const fields of [
        [good, good],
        [good, bad],
        [bad, good],
        [basic, good],
        [good, basic],
      ]) {
        assertRefused(await site.send('/me', { fields }), BAD_REQUEST)
      }
    },
  },
  {
    name: 'bearerAuth does not look for a token in query or cookie unless told to',
    async run(bench) {
      await using site = await openProtected(bench)
      const token = bench.issuer.mint()
      const fields: Fields = [['Cookie', `access_token=${token}`]]
      assertRefused(await site.send(`/me?access_token=${token}`, { fields }), NO_TOKEN)
    },
  },
  {
    name: 'bearerAuth takes a token from query or cookie when told to, and one token alone',
    async run(bench) {
      await using site = await openProtected(bench, { tokenFrom: { query: 'q', cookie: 'c' } })
      const token = bench.issuer.mint()
      const cookie: Fields = [['Cookie', `a=b; c=${token}`]]
      equal((await site.send(`/me?q=${token}`)).status, 200)
      equal((await site.send('/me', { fields: cookie })).status, 200)
      equal((await site.send('/me', { fields: bearer(token) })).status, 200)
      assertRefused(await site.send(`/me?q=${token}`, { fields: cookie }), BAD_REQUEST)
      assertRefused(await site.send(`/me?q=${token}`, { fields: bearer(token) }), BAD_REQUEST)
      assertRefused(await site.send(`/me?q=${token}&q=${token}`), BAD_REQUEST)
      assertRefused(await site.send('/me', { fields: [...cookie, ...cookie] }), BAD_REQUEST)
    },
  },
  {
    name: 'bearerAuth keeps the answer to a token in the URL out of shared caches',
    async run(bench) {
      await using site = await openProtected(bench, { tokenFrom: { query: 'q' } })
      const token = bench.issuer.mint()
      const inUrl = await site.send(`/me?q=${token}`)
      deepEqual([inUrl.status, inUrl.headers['cache-control']], [200, 'private'])
      equal((await site.get('/me', token)).headers['cache-control'], undefined)
      site.server.prependListener('request', (_, response) => {
        response.setHeader('Cache-Control', 'no-store')
      })
      equal((await site.send(`/me?q=${token}`)).headers['cache-control'], 'no-store')
    },
  },
  {
    name: 'optional bearerAuth lets absent credentials pass, without an identity',
    async run(bench) {
      await using site = await openProtected(bench, { optional: true })
      assertJson(await site.get('/me'), { auth: null })
      const fields: Fields = [['Authorization', 'Basic eDp5']]
      assertJson(await site.send('/me', { fields }), { auth: null })
    },
  },
  {
    name: 'optional bearerAuth lets no invalid token pass',
    async run(bench) {
      await using site = await openProtected(bench, { optional: true })
      const refused = { status: 401, error: 'invalid_token' } as const
      const foreign = bench.issuer.mint({ fault: 'other-issuer' })
      assertRefused(await site.get('/me', foreign), { ...refused, reason: 'issuer_mismatch' })
      const forged = bench.issuer.mint({ fault: 'other-key' })
      assertRefused(await site.get('/me', forged), { ...refused, reason: 'signature_invalid' })
      assertRefused(await site.send('/me', { fields: [['Authorization', 'Bearer']] }), BAD_REQUEST)
    },
  },
]
