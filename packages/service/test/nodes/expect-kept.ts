import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect } from 'vitest'
import { TELESIGN } from '../support/service.ts'
import { ask, type Given } from './load.ts'

/**
 * Expects a node to know all that was given, under its own id, and to stand by every signature.
 *
 * @param tokens console tokens to look with, in turn.
 */
export async function expectKept(
  url: string,
  given: readonly Given[],
  tokens: readonly string[],
): Promise<void> {
  expect(new Set(given.map(({ tokenId }) => tokenId)).size).toBe(given.length)
  const verify = await verifierOf(url)
  const lost: unknown[] = []
  let looked = 0
  await inParallel(given, async (each) => {
    looked += 1
    const token = tokens[looked % tokens.length] ?? ''
    const found = await ask(`${url}/v1/tokens/${each.tokenId}`, { token })
    const record = JSON.parse(found?.text ?? '{}') as Record<string, unknown>
    const name = record['xid'] ?? record['tokenId']
    const isKept = name === each.tokenId && record['kind'] === each.kind
    const fault = await verify(each).then(
      () => undefined,
      (error: unknown) => String(error),
    )
    if (!isKept || fault !== undefined) lost.push([each.kind, each.tokenId, found?.status, fault])
  })
  expect(lost).toStrictEqual([])
}

/** Makes what verifies tokens with the keys that a node publishes now. */
export async function verifierOf(url: string): Promise<(given: Given) => Promise<unknown>> {
  const published = await ask(`${url}/.well-known/jwks.json`)
  const keys = createLocalJWKSet(JSON.parse(published?.text ?? '{}') as JSONWebKeySet)
  const secret = Buffer.from(TELESIGN.apiKey, 'base64')
  return async ({ kind, token }) =>
    kind === 'telesign' ? jwtVerify(token, secret, ATTENDED) : jwtVerify(token, keys)
}

/** Telesign's live for 90 seconds, and a long run goes on: it is their signature that is looked at. */
const ATTENDED = { clockTolerance: 86_400 } as const

/** Does something with each of many, a few at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}
