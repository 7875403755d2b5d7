import { generateKeyPairSync } from 'node:crypto'
import { bearerFetch, type Diagnosis, TokenManager, type TokenSource } from '@mayfly/core'
import {
  apns,
  clientCredentials,
  githubApp,
  googleServiceAccount,
  voicegain,
  vonage,
  zoomServerToServer,
} from '@mayfly/core/vendors'
import {
  startApnsSandbox,
  startGithubSandbox,
  startGoogleSandbox,
  startOAuthSandbox,
  startVoicegainSandbox,
  startVonageSandbox,
  startZoomSandbox,
} from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { pem } from '../../keys/materials.ts'

interface Told {
  readonly diagnoses: Diagnosis[]
  readonly causes: () => readonly string[]
  readonly send: (url: string, init?: RequestInit) => Promise<number>
}

/** Sends requests as users do, and keeps what is told of refusals. */
function listen(source: TokenSource, clock: FakeClock): Told {
  const diagnoses: Diagnosis[] = []
  const fetch = bearerFetch(new TokenManager(source, { clock }), {
    clock,
    observe: (event) => {
      if (event.type === 'refused') diagnoses.push(event.diagnosis)
    },
  })
  return {
    diagnoses,
    causes: () => diagnoses.map(({ cause }) => cause),
    send: async (url, init) => {
      const response = await fetch(url, init)
      await response.text()
      return response.status
    },
  }
}

/** A key that the vendor does not know. */
function otherKey(kind: 'ec' | 'rsa'): string {
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return pem(privateKey, 'pkcs8')
}

describe('a refusal by APNs, which is a 403,', () => {
  const path = `/3/device/${'a1'.repeat(32)}`
  const push = { method: 'POST', headers: { 'apns-topic': 'com.example' }, body: '{"aps":{}}' }

  it('is the clock where the token had ended by Apple’s time, which is not known', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock, clockOffsetMs: 3_600_000 })
    const source = apns({ ...sandbox.credentials, origins: [sandbox.origin], clock })
    const { send, diagnoses } = listen(source, clock)
    expect(await send(sandbox.origin + path, push)).toBe(403)
    expect(diagnoses[0]).toMatchObject({
      cause: 'token-expired',
      vendorCode: 'ExpiredProviderToken',
      status: 403,
    })
    expect(diagnoses[0]?.advice).toMatch(/by the clock that is known here it has \d+ s left/)
  })

  it('is the key, and not a permission, where Apple cannot verify it', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock })
    const { origin, credentials } = sandbox
    const source = apns({ ...credentials, privateKey: otherKey('ec'), origins: [origin], clock })
    const { send, diagnoses } = listen(source, clock)
    expect(await send(origin + path, push)).toBe(403)
    expect(diagnoses[0]).toMatchObject({
      cause: 'key-never-worked',
      vendorCode: 'InvalidProviderToken',
      keyId: credentials.keyId,
    })
  })

  it('is the number of tokens where there were too many', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock })
    const { origin, credentials } = sandbox
    const make = (): TokenSource => apns({ ...credentials, origins: [origin], clock })
    const first = listen(make(), clock)
    const second = listen(make(), clock)
    await first.send(origin + path, push)
    clock.advanceSeconds(1)
    expect(await second.send(origin + path, push)).toBe(429)
    expect(second.diagnoses).toMatchObject([
      { cause: 'rate-limit', vendorCode: 'TooManyProviderTokenUpdates' },
    ])
    expect(second.diagnoses[0]?.advice).toContain('one TokenManager')
  })
})

describe('a refusal by Vonage, whose tokens name no key,', () => {
  it('is the revoked key where tokens of it had worked', async () => {
    const clock = new FakeClock()
    await using sandbox = await startVonageSandbox({ clock })
    const { credentials, origin } = sandbox
    const { send, causes, diagnoses } = listen(
      vonage({ ...credentials, origins: [origin], clock }),
      clock,
    )
    expect(await send(`${origin}/v1/calls`)).toBe(200)
    clock.advanceSeconds(1)
    sandbox.regenerateKey()
    expect(await send(`${origin}/v1/calls`)).toBe(401)
    expect(causes()).toEqual(['token-revoked', 'key-revoked'])
    expect(diagnoses[0]).toMatchObject({ keyId: undefined, tokenWorked: true, keyWorked: true })
    expect(diagnoses[0]?.keyFingerprint).toMatch(/^[\w-]{43}$/)
  })

  it('is a key that never worked where another one took its place that Vonage does not know', async () => {
    const clock = new FakeClock()
    await using sandbox = await startVonageSandbox({ clock })
    const { credentials, origin } = sandbox
    let { privateKey } = credentials
    const source = vonage({
      ...credentials,
      privateKey: () => privateKey,
      origins: [origin],
      clock,
    })
    const { send, causes } = listen(source, clock)
    expect(await send(`${origin}/v1/calls`)).toBe(200)
    sandbox.regenerateKey()
    privateKey = otherKey('rsa')
    expect(await send(`${origin}/v1/calls`)).toBe(401)
    expect(causes()).toEqual(['token-revoked', 'key-never-worked'])
  })
})

describe('a refusal of a token that a server gave', () => {
  it('by Zoom is one that another displaced', async () => {
    const clock = new FakeClock()
    await using sandbox = await startZoomSandbox({ clock })
    const { credentials, tokenEndpoint, origin } = sandbox
    const make = (): TokenSource =>
      zoomServerToServer({ ...credentials, tokenEndpoint, origins: [origin], clock })
    const { send, diagnoses } = listen(make(), clock)
    expect(await send(`${origin}/v2/users/me`)).toBe(200)
    await make().getToken()
    expect(await send(`${origin}/v2/users/me`)).toBe(200)
    expect(diagnoses).toMatchObject([
      { cause: 'token-revoked', vendorCode: '124', lifetime: 3600, keyId: undefined },
    ])
    expect(diagnoses[0]?.advice).toContain('displaced')
  })

  it('by an OAuth server is a new one that it does not know yet, where others had worked', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock, expiresIn: 300 })
    const { credentials, issuer, origin } = sandbox
    const source = clientCredentials({ ...credentials, issuer, origins: [origin], clock })
    const { send, causes } = listen(source, clock)
    expect(await send(`${origin}/orders`)).toBe(200)
    clock.advanceSeconds(300)
    sandbox.refuseFirstUse(1)
    expect(await send(`${origin}/orders`)).toBe(200)
    expect(causes()).toEqual(['new-token-refused'])
  })

  it('by Voicegain is one that was revoked', async () => {
    const clock = new FakeClock()
    await using sandbox = await startVoicegainSandbox({ clock })
    const source = voicegain({ ...sandbox.credentials, audience: 'localhost:8088', clock })
    const { send, causes, diagnoses } = listen(source, clock)
    expect(await send(`${sandbox.origin}/v1/sa/config`)).toBe(200)
    sandbox.revokeTokensSeen()
    clock.advanceSeconds(1)
    expect(await send(`${sandbox.origin}/v1/sa/config`)).toBe(200)
    expect(causes()).toEqual(['token-revoked'])
    expect(diagnoses[0]?.vendorCode).toBe('Unauthorized')
  })

  it('by Google is told by the code, not by the status again', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGoogleSandbox({ clock })
    const { credentials, origin } = sandbox
    const scope = 'https://www.googleapis.com/auth/pubsub'
    const source = googleServiceAccount({ credentials, scope, origins: [origin], clock })
    const { send, diagnoses } = listen(source, clock)
    await send(`${origin}/v1`)
    sandbox.revokeTokensSeen()
    expect(await send(`${origin}/v1`)).toBe(200)
    expect(diagnoses).toMatchObject([{ cause: 'token-revoked', vendorCode: 'UNAUTHENTICATED' }])
  })
})

describe('a refusal by GitHub', () => {
  it.each([
    ['clock-fast', -600_000],
    ['clock-slow', 600_000],
  ])('is the wrong clock: %s', async (cause, clockOffsetMs) => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock, clockOffsetMs })
    const { credentials, baseUrl } = sandbox
    const { send, diagnoses } = listen(githubApp({ ...credentials, baseUrl, clock }), clock)
    expect(await send(`${baseUrl}/app`)).toBe(200)
    expect(diagnoses).toMatchObject([{ cause, maxLifetime: 600, lifetime: 600 }])
    expect(diagnoses[0]?.advice).toMatch(/is \d+ s (?:ahead of|behind) the server's/)
  })

  it('for the rate is not the key’s permission', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock })
    const { credentials, baseUrl } = sandbox
    const { send, causes } = listen(githubApp({ ...credentials, baseUrl, clock }), clock)
    sandbox.failNext(1, 403)
    expect(await send(`${baseUrl}/app`)).toBe(403)
    expect(causes()).toEqual(['rate-limit'])
  })
})
