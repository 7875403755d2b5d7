import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Harness } from '../context.ts'

const APPLICATION = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab'

/** Takes the place of Vonage's API; what it verifies with is OpenSSL alone. */
export const harness: Harness = async ({ load, route, urls }) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let accepted = 0
  const server = createServer((request, response) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const [head = '', body = '', signature = ''] = token.split('.')
    const signed = Buffer.from(`${head}.${body}`)
    const isSigned = verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    const isGood = isSigned && claims['application_id'] === APPLICATION && 'jti' in claims
    if (isGood) accepted += 1
    response.writeHead(isGood ? 200 : 401).end()
  }).listen(0)
  await once(server, 'listening')
  process.env['VONAGE_APPLICATION_ID'] = APPLICATION
  process.env['VONAGE_PRIVATE_KEY'] = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  route('https://api.nexmo.com', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await load()
  await urls()
  assert.equal(accepted, 1)
}
