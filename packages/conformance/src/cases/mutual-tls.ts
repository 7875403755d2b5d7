import { deepEqual, equal } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { type GuardOptions, MutualTls, type Reason } from '@mayfly/core'
import type { Bench, Site } from '../bench.ts'
import { bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'
import type { Fields } from '../http-client.ts'

/** What a proxy passes on need not be a certificate that anyone can read: it is hashed. */
const DER = Buffer.concat([Buffer.from([0x30]), randomBytes(64)])
const OTHER = Buffer.concat([Buffer.from([0x30]), randomBytes(64)])
const digest = (der: Buffer) => createHash('sha256').update(der)
const BOUND = { cnf: { 'x5t#S256': digest(DER).digest('base64url') } }
const clientCert = (der: Buffer): string => `:${der.toString('base64')}:`
const pem = (der: Buffer): string =>
  encodeURIComponent(
    `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
  )

function refusal(reason: Reason) {
  return { status: 401, reason, error: 'invalid_token' } as const
}

async function openWith<Middleware>(
  { adapter, verifier, open }: Bench<Middleware>,
  options: GuardOptions,
): Promise<Site> {
  const middleware = [adapter.bearerAuth(verifier(), options)]
  return open({ path: '/me', middleware, handle: answerAuth })
}

/** Tokens that are bound to a certificate, behind a proxy that ends TLS (RFC 8705, RFC 9440). */
export const mutualTlsCases: readonly CaseDefinition[] = [
  {
    name: 'mutualTls takes a token with the certificate that the named proxy passes on, and no other',
    async run(bench) {
      const mutualTls = new MutualTls({ proxies: ['127.0.0.1'] })
      await using site = await openWith(bench, { mutualTls })
      const token = bench.issuer.mint({ claims: BOUND })
      const get = (...certs: string[]) => {
        const fields: Fields = certs.map((cert) => ['Client-Cert', cert])
        return site.send('/me', { fields: [...bearer(token), ...fields] })
      }
      equal((await get(clientCert(DER))).status, 200)
      assertRefused(await get(clientCert(OTHER)), refusal('key_mismatch'))
      assertRefused(await get(), refusal('key_unproven'))
      const unreadable = {
        status: 400,
        reason: 'request_invalid',
        error: 'invalid_request',
      } as const
      for (const certs of [
        [DER.toString('base64')],
        [':not base64:'],
        [''],
        [clientCert(DER), clientCert(OTHER)],
        [`${clientCert(OTHER)}, ${clientCert(DER)}`],
      ]) {
        assertRefused(await get(...certs), unreadable)
      }
      deepEqual(site.errors, [])
    },
  },
  {
    name: 'mutualTls believes nobody but the proxies that it names, whatever they send',
    async run(bench) {
      const token = bench.issuer.mint({ claims: BOUND })
      const forged: Fields = [
        ...bearer(token),
        ['Client-Cert', clientCert(DER)],
        ['X-Forwarded-Client-Cert', `Hash=${digest(DER).digest('hex')}`],
        ['X-Forwarded-For', '10.0.0.7'],
        ['Forwarded', 'for=10.0.0.7'],
      ]
      for (const mutualTls of [new MutualTls({ proxies: ['10.0.0.7', '::1'] }), new MutualTls()]) {
        await using site = await openWith(bench, { mutualTls })
        assertRefused(await site.send('/me', { fields: forged }), refusal('key_unproven'))
      }
    },
  },
  {
    name: 'mutualTls takes of several forwarded elements the one that the named proxy has added',
    async run(bench) {
      const mutualTls = new MutualTls({
        proxies: ['::ffff:127.0.0.1'],
        field: 'x-forwarded-client-cert',
      })
      await using site = await openWith(bench, { mutualTls })
      const token = bench.issuer.mint({ claims: BOUND })
      const get = (...values: string[]) => {
        const fields: Fields = values.map((value) => ['X-Forwarded-Client-Cert', value])
        return site.send('/me', { fields: [...bearer(token), ...fields] })
      }
      const good = `By=spiffe://a;Hash=${digest(DER).digest('hex')}`
      const evil = `Hash=${digest(OTHER).digest('hex')};Subject="CN=a\\",b;Hash=x"`
      for (const values of [
        [good],
        [`${evil},${good};Subject="O=a,b;c";URI=spiffe://x`],
        [evil, good],
        [`By=x;Cert="${pem(DER)}"`],
      ]) {
        equal((await get(...values)).status, 200, values.join(' | '))
      }
      for (const values of [[`${good},${evil}`], [good, evil], [`${good};Subject="x",${evil}`]]) {
        assertRefused(await get(...values), refusal('key_mismatch'))
      }
      assertRefused(await get('By=spiffe://a'), refusal('key_unproven'))
      for (const bad of ['Hash=12', `${good};Hash=${'0'.repeat(64)}`, 'Cert="x"']) {
        equal((await get(bad)).status, 400, bad)
      }
    },
  },
  {
    name: 'mutualTls refuses a token that is bound to nothing, unless bearers are allowed',
    async run(bench) {
      const mutualTls = new MutualTls({ proxies: ['127.0.0.1'] })
      const fields: Fields = [...bearer(bench.issuer.mint()), ['Client-Cert', clientCert(DER)]]
      await using strict = await openWith(bench, { mutualTls })
      assertRefused(await strict.send('/me', { fields }), refusal('key_unbound'))
      await using lax = await openWith(bench, { mutualTls, allowBearer: true })
      equal((await lax.send('/me', { fields })).status, 200)
      const bound = bench.issuer.mint({ claims: BOUND })
      assertRefused(await lax.get('/me', bound), refusal('key_unproven'))
    },
  },
]
