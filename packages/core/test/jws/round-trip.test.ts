import { ALGORITHMS, generateKey, signCompact, verifyCompact } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

describe('a compact JWS', () => {
  it.each(ALGORITHMS)('signed with %s holds, and its payload comes back', async (algorithm) => {
    const key = await generateKey(algorithm)
    const payload = new TextEncoder().encode('{"hello":"world"}')
    const token = await signCompact(payload, { typ: 'JWT' }, key)
    const verified = await verifyCompact(token, [{ algorithm, key }], { algorithms: [algorithm] })
    expect(verified.payload).toEqual(payload)
    expect(verified.protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: key.keyId })
  })
})
