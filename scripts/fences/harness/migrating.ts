import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKey, importKey, type Key, signCompact } from '@mayfly/core'
import type { Harness } from '../context.ts'

const SECRET = 'correct-horse-battery-staple-0123456789'
const LOGIN = 'https://login.example.com'
const COGNITO = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example'
const now = Math.floor(Date.now() / 1000)
const base = { sub: 'alice', iat: now - 200, exp: now + 300 }
const API = 'https://api.example.com'

/** Asks `/me` as it is before and after a move: with a good token, with bad ones and without. */
export const harness: Harness = async ({ load, route, urls }) => {
  process.env['JWT_SECRET'] = SECRET
  const rsa = await generateKey('RS256', { keyId: 'a' })
  const hmac = await importKey({ secret: Buffer.from(SECRET, 'utf8') }, 'HS256')
  const provider = createServer(({ url = '' }, res) => {
    const issuer = url.startsWith('/eu-central-1') ? COGNITO : LOGIN
    const keys = { keys: [rsa.publicJwk()] }
    const metadata = { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` }
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(url.endsWith('jwks.json') ? keys : metadata))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const { port } = provider.address() as AddressInfo
  for (const issuer of [LOGIN, COGNITO]) {
    route(new URL(issuer).origin, `http://127.0.0.1:${port}`)
  }
  try {
    await load()
    const [url = ''] = await urls()
    const ask = async (fields: Readonly<Record<string, string>>): Promise<Response> =>
      await fetch(`${url}/me`, { headers: fields })
    const statuses = async (more: object): Promise<readonly number[]> => {
      const seen: number[] = []
      for (const [claims, key] of [
        [{ iss: LOGIN, aud: API }, hmac],
        [{ iss: LOGIN, aud: API }, rsa],
        [{ iss: COGNITO, token_use: 'access', client_id: 'app' }, rsa],
      ] as const) {
        const token = await sign({ ...base, ...claims, ...more }, key)
        const answer = await ask({ authorization: `Bearer ${token}` })
        seen.push(answer.status)
        if (answer.status === 200) assert.deepEqual(await answer.json(), { subject: 'alice' })
      }
      return seen
    }
    // One issuer and one kind of key is taken, and nothing else.
    assert.deepEqual(
      (await statuses({})).toSorted((a, b) => a - b),
      [200, 401, 401],
    )
    assert.deepEqual(await statuses({ exp: now - 100 }), [401, 401, 401])
    assert.deepEqual(await statuses({ iss: 'https://evil.example' }), [401, 401, 401])
    assert.equal((await ask({})).status, 401)
  } finally {
    provider.close()
    provider.closeAllConnections()
  }
}

function sign(claims: object, key: Key): Promise<string> {
  return signCompact(new TextEncoder().encode(JSON.stringify(claims)), { typ: 'JWT' }, key)
}
