import { inspect } from 'node:util'
import {
  bearerFetch,
  type Clock,
  createAccessToken,
  diagnose,
  type Diagnosis,
  LearnedClock,
  type TokenSource,
} from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

const NOW = 1_700_000_000
const SECRET = 'sesame.sesame.sesame'

function tokenOf(issuedAt: number, lifetime = 1200) {
  return createAccessToken({
    value: SECRET,
    issuedAt,
    expiresAt: issuedAt + lifetime,
    keyId: 'KEY1',
    keyFingerprint: 'thumbprint',
  })
}

function serverClock(offsetMs: number): Clock {
  const local = new FakeClock()
  const clock = new LearnedClock(local)
  const date = new Date(local.now() + offsetMs).toUTCString()
  clock.learn({ date, sentAt: local.now(), receivedAt: local.now() })
  return clock
}

const source = { maxLifetime: 1200 } as TokenSource
const body = (value: unknown): string => JSON.stringify(value)

describe('diagnose', () => {
  const cases: readonly [string, Partial<Diagnosis>, Parameters<typeof diagnose>][] = [
    [
      'a local clock that is ahead',
      { cause: 'clock-fast', clockOffsetMs: -599_500 },
      [{ status: 401 }, tokenOf(NOW - 60), { source, clock: serverClock(-600_000) }],
    ],
    [
      'a local clock that is ahead by less than the token is back-dated, where the end is too late',
      { cause: 'clock-fast' },
      [{ status: 401 }, tokenOf(NOW, 1200), { source, clock: serverClock(-30_000) }],
    ],
    [
      'a local clock that is behind',
      { cause: 'clock-slow', remainingLife: -2461 },
      [{ status: 401 }, tokenOf(NOW - 60), { source, clock: serverClock(3_600_000) }],
    ],
    [
      'a token that was kept too long',
      { cause: 'token-expired', remainingLife: -1 },
      [{ status: 401 }, tokenOf(NOW - 1201), { source, clock: new FakeClock() }],
    ],
    [
      'a lifetime above the vendor’s cap',
      { cause: 'lifetime-too-long', lifetime: 1201, maxLifetime: 1200 },
      [{ status: 401 }, tokenOf(NOW - 60, 1201), { source, clock: new FakeClock() }],
    ],
    [
      'a key that never worked',
      { cause: 'key-never-worked', keyId: 'KEY1', keyFingerprint: 'thumbprint' },
      [{ status: 401 }, tokenOf(NOW - 60), { source, clock: new FakeClock() }],
    ],
    [
      'a new token of a key that works',
      { cause: 'new-token-refused', tokenWorked: false, keyWorked: true },
      [{ status: 401 }, tokenOf(NOW - 60), { clock: new FakeClock(), keyWorked: true }],
    ],
    [
      'a token that worked, and does no longer',
      { cause: 'token-revoked', tokenWorked: true, keyWorked: true },
      [{ status: 401 }, tokenOf(NOW - 60), { clock: new FakeClock(), tokenWorked: true }],
    ],
    [
      'a role that may not',
      { cause: 'permission', vendorCode: 'FORBIDDEN_ERROR' },
      [
        { status: 403, body: body({ errors: [{ code: 'FORBIDDEN_ERROR', title: 'no' }] }) },
        tokenOf(NOW - 60),
        { clock: new FakeClock() },
      ],
    ],
    [
      'an agreement that nobody signed',
      { cause: 'agreement' },
      [
        {
          status: 403,
          body: body({ errors: [{ code: 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED' }] }),
        },
        tokenOf(NOW - 60),
        { clock: new FakeClock() },
      ],
    ],
    [
      'too many requests',
      { cause: 'rate-limit' },
      [{ status: 429 }, tokenOf(NOW - 60), { clock: new FakeClock() }],
    ],
    [
      'a server that fails',
      { cause: 'server-error' },
      [{ status: 503 }, tokenOf(NOW - 60), { clock: new FakeClock() }],
    ],
    [
      'anything else',
      { cause: 'unknown' },
      [{ status: 404 }, tokenOf(NOW - 60), { clock: new FakeClock() }],
    ],
  ]
  for (const [what, expected, args] of cases) {
    it(`names ${what}`, async () => {
      const diagnosis = await diagnose(...args)
      expect(diagnosis).toMatchObject(expected)
      expect(diagnosis.advice).toMatch(/^[A-Z].+\.$/)
      expect(inspect(diagnosis)).not.toContain('sesame')
    })
  }

  const codes: readonly [unknown, string | undefined][] = [
    [{ errors: [{ code: 'NOT_AUTHORIZED', title: 'x' }] }, 'NOT_AUTHORIZED'],
    [{ error: 'invalid_client', error_description: 'x' }, 'invalid_client'],
    [{ error: { code: 401, message: 'x', status: 'UNAUTHENTICATED' } }, 'UNAUTHENTICATED'],
    [{ message: 'Bad credentials', status: '401' }, '401'],
    [{ error: { reason: 'invalid_jwt' } }, 'invalid_jwt'],
    [{ errorCode: 4_290_000, errorMessage: 'Rate limit exceeded.' }, '4290000'],
    [{ code: 124, message: 'Invalid access token.' }, '124'],
    [{ reason: 'ExpiredProviderToken' }, 'ExpiredProviderToken'],
    [{ type: 'https://x', title: 'Unauthorized' }, 'Unauthorized'],
    [{ error: `Bearer ${SECRET}${'x'.repeat(60)}` }, undefined],
    [{ error: 'a "quoted" text' }, undefined],
    [{ errors: [] }, undefined],
    [['error'], undefined],
    ['error', undefined],
    [null, undefined],
  ]
  it.each([
    ['as the code', (token: string) => ({ code: token })],
    ['among words', (token: string) => ({ error: `bad token ${token}` })],
    ['in part', (token: string) => ({ errors: [{ title: `token ${token.slice(0, 20)}` }] })],
  ])(
    'does not take the token for the vendor’s code where a server repeats it %s',
    async (_, say) => {
      for (const value of ['ghs_16C7e42F292c6912E7710c838347Ae178B4a', 'a.b.c.sesame.x']) {
        const token = createAccessToken({ value, issuedAt: NOW, expiresAt: NOW + 1200 })
        const report = await diagnose({ status: 401, body: body(say(value)) }, token)
        expect(report.vendorCode).toBeUndefined()
        expect(JSON.stringify(report)).not.toContain(value.slice(0, 12))
      }
    },
  )

  for (const [value, vendorCode] of codes) {
    it(`finds ${vendorCode ?? 'no code'} in ${JSON.stringify(value).slice(0, 60)}`, async () => {
      const answer = { status: 401, body: JSON.stringify(value) }
      expect(await diagnose(answer, tokenOf(NOW))).toMatchObject({ vendorCode })
    })
  }

  it('leaves a Response to be read by the caller', async () => {
    const response = Response.json({ error: 'invalid_token' }, { status: 401 })
    expect((await diagnose(response, tokenOf(NOW))).vendorCode).toBe('invalid_token')
    expect(await response.json()).toEqual({ error: 'invalid_token' })
    expect((await diagnose(response, tokenOf(NOW))).vendorCode).toBeUndefined()
  })
})

describe('what bearerFetch tells of a refusal', () => {
  async function refusals(
    prepare: (sandbox: Awaited<ReturnType<typeof startAppStoreConnectSandbox>>) => void,
    options: { keyId?: string; clockOffsetMs?: number } = {},
  ): Promise<Diagnosis[]> {
    const clock = new FakeClock()
    const { clockOffsetMs = 0, ...credentials } = options
    await using sandbox = await startAppStoreConnectSandbox({ clock, clockOffsetMs })
    const asc = appStoreConnect({
      ...sandbox.credentials,
      ...credentials,
      origins: [sandbox.origin],
      clock,
    })
    const found: Diagnosis[] = []
    const fetch = bearerFetch(asc, {
      clock,
      observe: (event) => void (event.type === 'refused' && found.push(event.diagnosis)),
    })
    const answer = await fetch(`${sandbox.origin}/v1/apps`)
    expect(await answer.text()).not.toBe('')
    prepare(sandbox)
    await fetch(`${sandbox.origin}/v1/apps`)
    return found
  }

  it('is the wrong clock, with the offset, and Apple’s code', async () => {
    const [first, ...more] = await refusals(() => {}, { clockOffsetMs: -600_000 })
    expect(first).toMatchObject({
      cause: 'clock-fast',
      vendorCode: 'NOT_AUTHORIZED',
      maxLifetime: 1200,
      clockOffsetMs: -599_500,
    })
    expect(more).toEqual([])
  })

  it('is the key where it never worked', async () => {
    const found = await refusals(() => {}, { keyId: 'WRONGKEYID' })
    expect(new Set(found.map(({ cause }) => cause))).toEqual(new Set(['key-never-worked']))
    // Both tokens of the first request, and the second one again: a third would fare no better.
    expect(found).toHaveLength(3)
    expect(found[0]?.advice).toContain('WRONGKEYID')
    expect(found[0]?.keyFingerprint).toMatch(/^[\w-]{43}$/)
  })

  it('is the new token where the key had worked, and the key where the next one is refused too', async () => {
    const found = await refusals((sandbox) => sandbox.revokeKey())
    expect(found).toMatchObject([
      { cause: 'new-token-refused', keyWorked: true },
      { cause: 'key-revoked', keyWorked: true },
    ])
  })
})
