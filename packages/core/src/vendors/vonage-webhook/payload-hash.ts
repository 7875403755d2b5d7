import { RequestError } from '../../base/errors.ts'

const UTF8 = new TextEncoder()

/**
 * Refuses a payload that is not the one that was signed: `payload_hash` is its SHA-256 in hex. How long
 * that takes does not depend on where the two differ.
 */
export async function requirePayload(expected: string, payload: Uint8Array): Promise<void> {
  const digest = await crypto.subtle.digest('SHA-256', payload)
  const actual = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0'))
  if (areEqual(actual.join(''), expected.toLowerCase())) return
  throw new RequestError(
    'ERR_CLAIM_INVALID',
    'What came with the token is not what was signed: "payload_hash" is that of something else.',
    { reason: 'claim_invalid', claim: 'payload_hash' },
  )
}

/**
 * What Vonage signs of a GET request, which has no body: the parameters of the query as one JSON
 * object, in their order and without spaces. A parameter that comes twice stands there twice, so that
 * no two queries share a text.
 */
export function queryPayload(query: string): Uint8Array {
  const parameters = new URLSearchParams(query)
  const members = [...parameters].map((pair) => pair.map((text) => JSON.stringify(text)).join(':'))
  return UTF8.encode(`{${members.join(',')}}`)
}

function areEqual(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return difference === 0
}
