import { type Algorithm, importKey, type Jwk, signCompact, verifyCompact } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import vectors from './rfc-vectors.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly algorithm: Algorithm
  readonly jwk: Jwk
  readonly token: string
  /** Whether the algorithm gives the same signature each time, and the header is written as here. */
  readonly reproducible: boolean
}

/** Those that sign the same bytes the same way each time. */
const DETERMINISTIC: ReadonlySet<Algorithm> = new Set(['HS256', 'RS256', 'EdDSA'])

const VECTORS = vectors as readonly Vector[]

describe('the examples of the RFCs', () => {
  it.each(VECTORS)('$name ($algorithm) holds', async ({ algorithm, jwk, token }) => {
    const keys = [{ algorithm, key: jwk }]
    const { payload } = await verifyCompact(token, keys, { algorithms: [algorithm] })
    expect(Buffer.from(payload).toString('base64url')).toBe(token.split('.')[1])
  })

  it.each(VECTORS)('$name ($algorithm) no longer holds with one bit changed', async (vector) => {
    const { algorithm, jwk, token } = vector
    const [header = '', payload = '', signature = ''] = token.split('.')
    const changed = Buffer.from(signature, 'base64url')
    changed[40 % changed.length] = (changed[40 % changed.length] ?? 0) ^ 1
    const wrong = `${header}.${payload}.${changed.toString('base64url')}`
    const keys = [{ algorithm, key: jwk }]
    await expect(verifyCompact(wrong, keys, { algorithms: [algorithm] })).rejects.toMatchObject({
      reason: 'signature_invalid',
    })
  })

  it.each(VECTORS.filter(({ reproducible }) => reproducible))(
    '$name ($algorithm) comes out letter by letter when it is signed anew',
    async ({ algorithm, jwk, token }) => {
      const key = await importKey(jwk, algorithm)
      const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url')
      expect(await signCompact(payload, {}, key)).toBe(token)
    },
  )

  it.each(VECTORS.filter(({ algorithm }) => DETERMINISTIC.has(algorithm)))(
    '$name ($algorithm) has the signature that the key gives',
    async ({ algorithm, jwk, token }) => {
      const key = await importKey(jwk, algorithm)
      const end = token.lastIndexOf('.')
      const signature = await key.sign(Buffer.from(token.slice(0, end)))
      expect(Buffer.from(signature).toString('base64url')).toBe(token.slice(end + 1))
    },
  )

  it('the thumbprint of RFC 8037 A.3 is the fingerprint of that key', async () => {
    const { jwk } = VECTORS.find(({ name }) => name === 'RFC 8037 A.4') ?? {}
    const key = await importKey(jwk ?? {}, 'EdDSA')
    expect(key.fingerprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })
})
