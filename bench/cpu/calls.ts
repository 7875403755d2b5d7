import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import * as core from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { createSigner } from 'fast-jwt'
import { importPKCS8 } from 'jose'
import { type BenchAlgorithm, makeMaterial, makeTokens } from '../groups/support/material.ts'
import { fastJwt, jose, jsonwebtoken, mayfly } from '../groups/support/verifiers.ts'
import type { Contender, Scenario } from './scenario.ts'

const IN_FLIGHT = 64

/** A new token each time: Mayfly and others by the raw synchronous call, one at a time and 64 at once. */
export async function verifyNew(algorithm: BenchAlgorithm): Promise<Scenario> {
  const material = makeMaterial(algorithm)
  const [token = ''] = await makeTokens(material, 1)
  const end = token.lastIndexOf('.')
  const input = Buffer.from(token.slice(0, end))
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  const key = { key: material.verifying, dsaEncoding: 'ieee-p1363' } as const
  const raw = (): boolean => {
    if (algorithm === 'HS256') {
      return createHmac('sha256', material.verifying).update(input).digest().equals(signature)
    }
    return verify(algorithm === 'EdDSA' ? null : 'sha256', input, key, signature)
  }
  const own = mayfly(material, { cache: false })
  const joses = await jose(material)
  const others: Record<string, Contender> = {
    'fast-jwt': { call: only(fastJwt(material, { cache: false }), token) },
  }
  if (algorithm !== 'EdDSA') others['jsonwebtoken'] = { call: only(jsonwebtoken(material), token) }
  return {
    contenders: {
      'raw call': { call: raw },
      Mayfly: { call: only(own, token) },
      'Mayfly, 64 in flight': { call: only(own, token), inFlight: IN_FLIGHT },
      jose: { call: only(joses, token) },
      'jose, 64 in flight': { call: only(joses, token), inFlight: IN_FLIGHT },
      ...others,
    },
  }
}

function only(run: (token: string) => unknown, token: string): () => unknown {
  return () => run(token)
}

/** Making one ES256 token. */
export async function mint(): Promise<Scenario> {
  const material = makeMaterial('ES256')
  const pem = material.signing.export({ type: 'pkcs8', format: 'pem' }) as string
  const source = appStoreConnect({
    keyId: '2X9R4HXF34',
    issuerId: '57246542-96fe-1a63-e053-0824d011072a',
    privateKey: pem,
  })
  await source.getToken({})
  const bytes = Buffer.from('x'.repeat(200))
  const claims = { iss: 'a', aud: 'b' }
  const fast = createSigner({ key: pem, algorithm: 'ES256', expiresIn: 300_000 })
  return {
    contenders: {
      'crypto.sign': { call: () => sign('sha256', bytes, material.signing) },
      Mayfly: { call: () => source.getToken({}) },
      'fast-jwt': { call: () => fast(claims) },
    },
  }
}

/** Reading one private key from PEM text. */
export async function importPem(): Promise<Scenario> {
  const pem = makeMaterial('ES256').signing.export({ type: 'pkcs8', format: 'pem' }) as string
  return {
    contenders: {
      'jose importPKCS8': { call: () => importPKCS8(pem, 'ES256') },
      Mayfly: { call: () => core.importKey(pem, 'ES256') },
      'both halves by node:crypto': { call: () => createPublicKey(createPrivateKey(pem)) },
    },
  }
}
