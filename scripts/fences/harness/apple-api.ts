import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Harness } from '../context.ts'

const TEAM = 'DEF123GHIJ'
const KEY = 'ABC123DEFG'
const DAY = 86_400

/** Takes the place of the Apple Music API and of WeatherKit; what it verifies with is OpenSSL alone. */
export const harness: Harness = async ({ load, route, urls }) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(`AuthKey_${KEY}.p8`, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  let accepted = 0
  const server = createServer((request, response) => {
    const isGood = judge(request.headers.authorization ?? '', publicKey)
    if (isGood) accepted += 1
    response.writeHead(isGood ? 200 : 401).end()
  }).listen(0)
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  route('https://api.music.apple.com', origin)
  route('https://weatherkit.apple.com', origin)
  await load()
  await urls()
  assert.ok(accepted > 0, 'No good token arrived.')
}

function judge(authorization: string, key: KeyObject): boolean {
  const [head = '', body = '', signature = ''] = authorization.replace('Bearer ', '').split('.')
  const signer = { key, dsaEncoding: 'ieee-p1363' } as const
  const bytes = Buffer.from(signature, 'base64url')
  if (!verify('sha256', Buffer.from(`${head}.${body}`), signer, bytes)) return false
  const { alg, kid, id } = read(head)
  const { iss, iat, exp, sub } = read(body)
  assert.deepEqual([alg, kid, iss], ['ES256', KEY, TEAM])
  assert.equal(id, typeof sub === 'string' ? `${TEAM}.${sub}` : undefined)
  return Number(exp) > Number(iat) && Number(exp) - Number(iat) <= DAY
}

function read(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}
