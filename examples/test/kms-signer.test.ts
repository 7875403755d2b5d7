import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type Jwk, TokenVerifier } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { type AppStoreConnectSandbox, startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { issuerWithSigner } from '../kms-signer/issuer.ts'
import { listWithSigner } from '../kms-signer/main.ts'
import { RemoteSigner } from '../kms-signer/remote-signer.ts'

let sandbox: AppStoreConnectSandbox
let folder: string
let keyFile: string

beforeEach(async () => {
  sandbox = await startAppStoreConnectSandbox()
  folder = await mkdtemp(join(tmpdir(), 'mayfly-kms-'))
  keyFile = join(folder, 'key.p8')
  await writeFile(keyFile, sandbox.credentials.privateKey)
})

afterEach(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

it('lists the apps with a token that the other process signed', async () => {
  const { keyId, issuerId } = sandbox.credentials
  const names = await listWithSigner({ keyId, issuerId, keyFile, upstream: sandbox.origin })
  expect(names).toContain('Mayfly')
  expect(sandbox.counts).toMatchObject({ accepted: 1, refused: 0 })
})

it('gives each of many callers its own signature', async () => {
  const { keyId, issuerId } = sandbox.credentials
  await using privateKey = new RemoteSigner(keyId, keyFile)
  const origins = [sandbox.origin]
  const sources = Array.from({ length: 20 }, (_, index) =>
    appStoreConnect({ keyId, issuerId, privateKey, origins, claims: { n: index } }),
  )
  const tokens = await Promise.all(sources.map((source) => source.getToken()))
  for (const { value } of tokens) {
    const headers = { authorization: `Bearer ${value}` }
    const response = await fetch(`${sandbox.origin}/v1/apps`, { headers })
    expect(response.status).toBe(200)
  }
})

it('issues tokens that verifiers accept by the published key', async () => {
  const { keyId, privateKey } = sandbox.credentials
  await using signer = new RemoteSigner(keyId, keyFile)
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as Jwk
  const issuer = await issuerWithSigner('https://auth.example.com', { signer, publicJwk })
  const { value } = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 60 })
  const verifier = new TokenVerifier({
    issuer: 'https://auth.example.com',
    audience: 'orders',
    keys: { keys: [...(await issuer.jwks()).keys] },
    algorithms: ['ES256'],
  })
  const { claims, protectedHeader } = await verifier.verify(value)
  expect([claims.sub, protectedHeader.kid]).toEqual(['alice', keyId])
})

it('signs nothing for a public half of another key', async () => {
  await using signer = new RemoteSigner(sandbox.credentials.keyId, keyFile)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = publicKey.export({ format: 'jwk' }) as Jwk
  const issuer = await issuerWithSigner('https://auth.example.com', { signer, publicJwk })
  const issued = issuer.issue({ audience: 'orders', expiresIn: 60 })
  await expect(issued).rejects.toMatchObject({ code: 'ERR_KEY_SIGNER' })
})

it('has nothing of the key in the program that mints', async () => {
  await using signer = new RemoteSigner(sandbox.credentials.keyId, keyFile)
  await signer.sign(new Uint8Array(8))
  expect(inspect(signer, { depth: 9, showHidden: true })).not.toContain('PRIVATE KEY')
})

it('says that the signer has ended, to who waits and to who comes later', async () => {
  const signer = new RemoteSigner(sandbox.credentials.keyId, keyFile)
  const waiting = signer.sign(new Uint8Array(8))
  const [outcome] = await Promise.allSettled([waiting, signer[Symbol.asyncDispose]()])
  expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('has ended') } })
  await expect(signer.sign(new Uint8Array(8))).rejects.toThrow('has ended')
})

it('runs as a program, against a sandbox of its own', async () => {
  const program = fileURLToPath(new URL('../kms-signer/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', program], { env: {} })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  expect(printed.split('\n')).toContain('Mayfly')
  expect(code).toBe(0)
})
