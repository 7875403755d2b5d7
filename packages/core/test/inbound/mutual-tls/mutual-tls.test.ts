import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bearerFetch,
  certificateThumbprint,
  createAccessToken,
  denial,
  Guard,
  MutualTls,
  nodeRequest,
  TokenIssuer,
  TokenVerifier,
} from '@mayfly/core'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasOpenssl, makeCertificate } from '../../../../../scripts/servers/certificate.ts'
import { AUDIENCE, failure, ISSUER } from '../../support/inbound.ts'

interface Pair {
  readonly cert: string
  readonly key: string
}

describe.runIf(hasOpenssl())('A token that is bound to a certificate, over TLS,', () => {
  let folder: string
  let server: Server
  let origin: string
  let alice: Pair
  let mallory: Pair
  const issuer = new TokenIssuer({ issuer: ISSUER })
  const verifier = new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: issuer.keys })
  const guard = new Guard(verifier, { mutualTls: new MutualTls() })

  async function pair(name: string): Promise<Pair> {
    const { certFile, keyFile } = await makeCertificate(folder, name)
    return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-mtls-'))
    alice = await pair('alice')
    mallory = await pair('mallory')
    const tls = { ...(await pair('localhost')), requestCert: true, rejectUnauthorized: false }
    server = createServer(tls, (request, response) => {
      const answering = async (): Promise<void> => {
        const outcome = await guard.authenticate(nodeRequest(request))
        const answer = outcome.ok ? { status: 200, body: 'ok' } : denial(outcome.error)
        response.writeHead(answer.status).end(answer.body)
      }
      void answering()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `https://localhost:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true })
  })

  async function send(client: Pair | undefined, value: string): Promise<unknown> {
    const dispatcher = new Agent({ connect: { ...client, rejectUnauthorized: false } })
    const source = {
      id: 'test',
      origins: [origin],
      getToken: async () => {
        const now = Math.floor(Date.now() / 1000)
        return createAccessToken({ value, issuedAt: now, expiresAt: now + 300, origins: [origin] })
      },
    }
    const fetchWithToken = bearerFetch(source, { fetch: undiciFetch as unknown as typeof fetch })
    try {
      const answer = await fetchWithToken(origin, { dispatcher } as object)
      return answer.status === 200 ? 200 : ((await answer.json()) as { reason: string }).reason
    } finally {
      await dispatcher.destroy()
    }
  }

  it('is good from the client that has shown it, by bearerFetch with a dispatcher, and from no other', async () => {
    const thumbprint = await certificateThumbprint(alice.cert)
    const { value } = await issuer.issue({
      audience: AUDIENCE,
      expiresIn: 300,
      confirmation: { 'x5t#S256': thumbprint },
    })
    expect(await send(alice, value)).toBe(200)
    expect(await send(mallory, value)).toBe('key_mismatch')
    expect(await send(undefined, value)).toBe('key_unproven')
    expect(await send(alice, value)).toBe(200)
    const unbound = await issuer.issue({ audience: AUDIENCE, expiresIn: 300 })
    expect(await send(alice, unbound.value)).toBe('key_unbound')
  })
})

describe('The option mutualTls', () => {
  it.each([
    [{ proxies: ['proxy.internal'] }, 'proxies'],
    [{ proxies: ['10.0.0.0/8'] }, 'proxies'],
    [{ proxies: ['256.0.0.1'] }, 'proxies'],
    [{ proxies: ['1.2.3'] }, 'proxies'],
    [{ proxies: ['*'] }, 'proxies'],
    [{ proxies: '10.0.0.7' }, 'proxies'],
    [{ proxies: ['10.0.0.7'], field: 'x-client-cert' }, 'field'],
    [{ field: 'client-cert' }, 'field'],
    [{ proxy: [] }, 'proxy'],
  ])('refuses %o', (options, option) => {
    expect(() => new MutualTls(options as never)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })

  it('knows an address in each of its spellings', async () => {
    const mutualTls = new MutualTls({ proxies: ['10.0.0.7', 'FD00:0:0::7'] })
    const from = (address: string) =>
      mutualTls.certificateOf({
        header: () => [`:${Buffer.from([0x30, 1]).toString('base64')}:`],
        peer: () => ({ address }),
      })
    for (const address of ['10.0.0.7', '::ffff:10.0.0.7', 'fd00::7']) {
      expect(await from(address)).toHaveLength(43)
    }
    for (const address of ['10.0.0.70', '::ffff:10.0.0.8', 'fd00::8', '']) {
      expect(await from(address)).toBeUndefined()
    }
  })

  it('takes nothing for a certificate of a named proxy that is its own', async () => {
    const mutualTls = new MutualTls({ proxies: ['10.0.0.7'] })
    const peer = { address: '10.0.0.7', certificateFingerprint: 'AB:'.repeat(32).slice(0, -1) }
    expect(await mutualTls.certificateOf({ header: () => [], peer: () => peer })).toBeUndefined()
    const direct = { ...peer, address: '10.0.0.8' }
    expect(await mutualTls.certificateOf({ header: () => [], peer: () => direct })).toHaveLength(43)
  })
})

describe('certificateThumbprint', () => {
  it.each([[''], ['x'], [new Uint8Array()], [new Uint8Array([1, 2])], [undefined]])(
    'takes no %o',
    async (certificate) => {
      expect(await failure(() => certificateThumbprint(certificate as string))).toMatchObject({
        code: 'ERR_OPTION_INVALID',
      })
    },
  )
})

describe('An issuer', () => {
  it('binds a token to a certificate, to a key, or to both, and to no thumbprint that is none', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const thumbprint = 'A'.repeat(43)
    const issue = (confirmation: object) =>
      issuer.issue({ audience: AUDIENCE, expiresIn: 60, confirmation })
    for (const cnf of [{ 'x5t#S256': thumbprint }, { jkt: thumbprint, 'x5t#S256': thumbprint }]) {
      const { value } = await issue(cnf)
      const [, payload = ''] = value.split('.')
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ cnf })
    }
    for (const wrong of [{}, { 'x5t#S256': 'x' }, { x5t: thumbprint }]) {
      expect(await failure(() => issue(wrong))).toMatchObject({ name: 'OptionError' })
    }
  })
})
