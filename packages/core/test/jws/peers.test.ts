import type { KeyObject } from 'node:crypto'
import { type Algorithm, ALGORITHMS, importKey, signCompact, verifyCompact } from '@mayfly/core'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { pairFor } from '../keys/materials.ts'

const SECRET = Buffer.alloc(64, 5)
const CLAIMS = { sub: 'user-1', n: 1, text: 'äöü 😀' }
/** What jsonwebtoken knows. */
const CLASSIC = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('Ed'))

function material(algorithm: Algorithm): {
  signing: KeyObject | Buffer
  verifying: KeyObject | Buffer
} {
  if (algorithm.startsWith('HS')) return { signing: SECRET, verifying: SECRET }
  const { privateKey, publicKey } = pairFor(algorithm)
  return { signing: privateKey, verifying: publicKey }
}

async function ours(algorithm: Algorithm): Promise<string> {
  const { signing } = material(algorithm)
  const key = await importKey('export' in signing ? signing : { secret: signing }, algorithm)
  return signCompact(Buffer.from(JSON.stringify(CLAIMS)), { typ: 'JWT' }, key)
}

async function verify(token: string, algorithm: Algorithm): Promise<unknown> {
  const { verifying } = material(algorithm)
  const key = 'export' in verifying ? verifying : { secret: verifying }
  const keys = [{ algorithm, key }]
  const { payload } = await verifyCompact(token, keys, { algorithms: [algorithm] })
  return JSON.parse(Buffer.from(payload).toString())
}

describe('signCompact and jose', () => {
  it.each(ALGORITHMS)('understand each other with %s', async (algorithm) => {
    const { signing, verifying } = material(algorithm)
    const theirs = await new jose.CompactSign(Buffer.from(JSON.stringify(CLAIMS)))
      .setProtectedHeader({ alg: algorithm })
      .sign(signing)
    expect(await verify(theirs, algorithm)).toEqual(CLAIMS)
    const { payload } = await jose.compactVerify(await ours(algorithm), verifying)
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(CLAIMS)
  })
})

describe('signCompact and jsonwebtoken', () => {
  it.each(CLASSIC)('understand each other with %s', async (algorithm) => {
    const { signing, verifying } = material(algorithm)
    const options = { algorithm: algorithm as 'HS256', noTimestamp: true }
    const theirs = jsonwebtoken.sign(CLAIMS, signing as Buffer, options)
    expect(await verify(theirs, algorithm)).toEqual(CLAIMS)
    const token = await ours(algorithm)
    const allowed = { algorithms: [options.algorithm] }
    expect(jsonwebtoken.verify(token, verifying as Buffer, allowed)).toEqual(CLAIMS)
  })
})
