import { TokenVerifier } from '@mayfly/core'
import { expect, test } from 'vitest'
import { ISSUER, type LiveService, openService } from '../support/service.ts'
import { readHeader } from '../support/tokens.ts'

interface Listed {
  readonly keyId: string
  readonly state: string
  readonly activeFrom: number
}

async function listKeys({ ask, admin }: LiveService): Promise<readonly Listed[]> {
  return (await ask('/keys', { token: admin })).json['keys'] as Listed[]
}

async function signedBy({ ask, admin }: LiveService): Promise<unknown> {
  return readHeader((await ask('/security/jwt?aud=a.de', { token: admin })).text)['kid']
}

test('a new key is published before it signs, and the old one as long as it is needed', async () => {
  const live = await openService()
  const { ask, admin, clock, url } = live
  const before = await signedBy(live)
  const rotated = await ask('/keys/rotate', { method: 'POST', token: admin })
  const { keyId, activeFrom } = rotated.json
  expect(activeFrom).toBeGreaterThan(clock.now() / 1000 + 300)
  expect((await listKeys(live)).map(({ state }) => state)).toStrictEqual(['next', 'active'])
  const published = (await ask('/.well-known/jwks.json')).json['keys'] as { kid: string }[]
  expect(published.map(({ kid }) => kid)).toStrictEqual([keyId, before])
  expect(await signedBy(live)).toBe(before)
  clock.advance((Number(activeFrom) + 1) * 1000 - clock.now())
  expect(await signedBy(live)).toBe(keyId)
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: ISSUER,
    type: 'console+jwt',
    keys: { jwksUri: `${url}/.well-known/jwks.json` },
    clock,
  })
  await verifier.verify(admin)
})

test('a key that has leaked is replaced at once, and its tokens end with it', async () => {
  const live = await openService()
  const { ask, admin } = live
  const json = { audience: 'orders', expiresIn: 60 }
  const token = String((await ask('/tokens', { token: admin, json })).json['token'])
  const leaked = await signedBy(live)
  await ask('/keys/rotate', { token: admin, json: { now: true } })
  expect(await signedBy(live)).not.toBe(leaked)
  const newer = await live.client('auditor', 'admin', 'tokens:introspect')
  const read = () => ask('/oauth/introspect', { token: newer, form: { token } })
  expect((await read()).json['active']).toBe(true)
  await ask(`/keys/${String(leaked)}`, { method: 'DELETE', token: admin })
  expect((await read()).text).toBe('{"active":false}')
  expect((await ask('/keys', { token: admin })).status).toBe(401)
})

test.each([{ now: 'yes' }, { now: null }, { soon: true }])(
  'the order %j is refused',
  async (json) => {
    const { ask, admin } = await openService()
    expect((await ask('/keys/rotate', { token: admin, json })).status).toBe(400)
  },
)

test('the keys are a document that caches keep for five minutes, and know again', async () => {
  const { ask } = await openService()
  const { headers } = await ask('/.well-known/jwks.json')
  expect(headers.get('cache-control')).toBe('public, max-age=300')
  const etag = headers.get('etag') ?? ''
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const again = await ask('/.well-known/jwks.json', { headers: { 'if-none-match': known } })
    expect(again.status).toBe(304)
  }
  const other = await ask('/.well-known/jwks.json', { headers: { 'if-none-match': '"x"' } })
  expect(other.status).toBe(200)
})
