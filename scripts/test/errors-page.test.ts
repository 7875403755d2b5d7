import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@mayfly/core'
import { compileScopeCheck } from '@mayfly/core/adapter'
import { readKeyFile } from '@mayfly/core/node'
import { clientCredentials } from '@mayfly/core/vendors'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { CODES } from '../docs/error-texts.ts'
import { errorsPage } from '../docs/errors-page.ts'
import { repositoryRoot } from '../lib/files.ts'

/** The names that the examples use beside those of the library. */
function names(): Record<string, unknown> {
  const clock = new FakeClock()
  const issuer = createTestIssuer({ audience: 'orders', clock })
  const settings = { issuer: issuer.issuer, audience: 'orders', keys: issuer.keys, clock }
  const verifier = new core.TokenVerifier(settings)
  const source: core.TokenSource = {
    id: 'example',
    origins: ['https://api.example.com'],
    lifetime: 600,
    getToken: async () =>
      core.createAccessToken({
        value: 'opaque',
        issuedAt: Math.floor(core.systemClock.now() / 1000),
        expiresAt: Math.floor(core.systemClock.now() / 1000) + 600,
        origins: ['https://api.example.com'],
      }),
  }
  const request = (headers: Record<string, readonly string[]>): core.RequestLike => ({
    method: 'GET',
    url: '/',
    header: (name) => headers[name] ?? [],
  })
  const authenticateWith = async (
    headers: Record<string, readonly string[]>,
    options?: core.GuardOptions,
  ): Promise<void> => {
    const outcome = await core.authenticate(verifier, request(headers), options)
    if (!outcome.ok) throw outcome.error
  }
  const pair = (extractable: boolean): Promise<unknown> =>
    crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, extractable, [
      'sign',
      'verify',
    ])
  return {
    ...core,
    readKeyFile,
    clock,
    issuer,
    settings,
    verifier,
    source,
    old: issuer.mint(),
    encryptedPem: () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: 'a passphrase',
      }),
    pair: () => pair(true),
    sealedPair: () => pair(false),
    guard: authenticateWith,
    authenticateWith,
    scoped: async (scope: string, token: string) => {
      const refusal = compileScopeCheck([scope])(await verifier.verify(token))
      if (refusal !== undefined) throw refusal
    },
    remote: (fetch: typeof globalThis.fetch, options = {}) =>
      new core.RemoteKeys({ jwksUri: 'https://auth.example.com/jwks', fetch, ...options }),
    discovered: (fetch: typeof globalThis.fetch) =>
      new core.RemoteKeys({ issuer: 'https://auth.example.com', fetch }),
    oauth: (fetch: typeof globalThis.fetch) =>
      clientCredentials({
        tokenEndpoint: 'https://auth.example.com/token',
        clientId: 'orders',
        clientSecret: 'a secret of the client',
        origins: ['https://api.example.com'],
        fetch,
      }),
  }
}

async function run(code: string): Promise<unknown> {
  const scope = names()
  const body = `return (async () => { ${code} })()`
  // oxlint-disable-next-line no-implied-eval typescript/no-implied-eval -- examples are ours, and are to run as they are printed
  const example = new Function(...Object.keys(scope), body) as (...given: unknown[]) => unknown
  return example(...Object.values(scope))
}

describe('The page of errors', () => {
  it('is what the texts give: run "pnpm docs:errors"', () => {
    expect(readFileSync(join(repositoryRoot, 'docs/errors.md'), 'utf8')).toBe(errorsPage())
  })

  it.each(Object.entries(CODES))('has an example that throws %s', async (code, { example }) => {
    await expect(run(example)).rejects.toMatchObject({ code })
  })
})
