import {
  DpopProver,
  type ExternalSigner,
  DpopVerifier,
  ecdsaFromDer,
  generateKey,
  type Key,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { decodeProtectedHeader } from 'jose'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { received } from '../../support/requests.ts'

const baseUrl = 'https://api.example.com'
const url = `${baseUrl}/orders`

/** A KMS: it keeps the private half, and counts what it was asked to sign. */
function kmsOf(key: Key) {
  const asked: Uint8Array[] = []
  const signer: ExternalSigner = {
    algorithm: key.algorithm,
    keyId: 'alias/orders',
    publicJwk: { ...key.publicJwk(), kid: 'alias/orders' },
    async sign(data) {
      asked.push(data)
      return key.sign(data)
    },
  }
  return { signer, asked }
}

async function thumbprintOf(prover: DpopProver, clock: FakeClock): Promise<string> {
  const dpop = new DpopVerifier({ baseUrl, algorithms: [prover.algorithm], clock })
  const proof = await prover.prove({ method: 'GET', url })
  return (await dpop.verify(received({ fields: [['DPoP', proof]] }))).thumbprint
}

describe('A prover whose key never leaves its KMS', () => {
  it.each(['ES256', 'ES384', 'PS256', 'EdDSA'] as const)(
    'proves it for %s, by one signature for each proof',
    async (algorithm) => {
      const clock = new FakeClock()
      const key = await generateKey(algorithm)
      const { signer, asked } = kmsOf(key)
      const prover = new DpopProver({ privateKey: signer, clock })
      expect(prover).toMatchObject({ algorithm, id: key.fingerprint })
      expect(await prover.thumbprint()).toBe(key.fingerprint)
      expect(await thumbprintOf(prover, clock)).toBe(key.fingerprint)
      expect(await thumbprintOf(prover, clock)).toBe(key.fingerprint)
      expect(asked).toHaveLength(2)
    },
  )

  it('shows in a proof what makes the public key, and neither its id nor its use', async () => {
    const key = await generateKey('ES256')
    const { signer } = kmsOf(key)
    const header = decodeProtectedHeader(
      await new DpopProver({ privateKey: signer }).prove({ method: 'GET', url }),
    )
    const { kty, crv, x, y } = key.publicJwk()
    expect(header).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })
  })

  it('refuses the public key of another pair at the first proof, and asks again at the next', async () => {
    const clock = new FakeClock()
    const key = await generateKey('ES256')
    const other = await generateKey('ES256')
    let signs = other
    const signer = { ...kmsOf(key).signer, sign: async (data: Uint8Array) => signs.sign(data) }
    const prover = new DpopProver({ privateKey: signer, clock })
    await expect(prover.prove({ method: 'GET', url })).rejects.toMatchObject({
      code: 'ERR_KEY_SIGNER',
    })
    signs = key
    expect(await thumbprintOf(prover, clock)).toBe(key.fingerprint)
  })

  it('says of a signature in DER what to do, and hands on what the KMS throws', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const inDer = async (data: Uint8Array): Promise<Uint8Array> =>
      createSign('sha256').update(data).sign(privateKey)
    const publicJwk = publicKey.export({ format: 'jwk' }) as ExternalSigner['publicJwk']
    const proverOf = (sign: ExternalSigner['sign']): DpopProver =>
      new DpopProver({ privateKey: { algorithm: 'ES256', publicJwk, sign } })
    await expect(proverOf(inDer).prove({ method: 'GET', url })).rejects.toThrow(/ecdsaFromDer/)
    const good = proverOf(async (data) => ecdsaFromDer(await inDer(data), 'ES256'))
    await good.prove({ method: 'GET', url })
    const down = proverOf(async () => {
      throw new Error('the KMS is down')
    })
    await expect(down.prove({ method: 'GET', url })).rejects.toThrow('the KMS is down')
  })

  it.each<[what: string, change: object, refusal: object]>([
    ['has no public key', { publicJwk: undefined }, { option: 'privateKey' }],
    ['has something else for one', { publicJwk: 'text' }, { option: 'privateKey' }],
    ['has a private key in it', { publicJwk: 'private' }, { code: 'ERR_KEY_PRIVATE' }],
    ['has a key for another algorithm', { algorithm: 'ES384' }, { code: 'ERR_KEY_USE' }],
    ['has a secret', { algorithm: 'HS256' }, { option: 'algorithm' }],
    ['has no such algorithm', { algorithm: 'none' }, { option: 'privateKey.algorithm' }],
  ])('is refused when it is made where the signer %s', async (_, change, refusal) => {
    const { signer } = kmsOf(await generateKey('ES256'))
    const changed = { ...signer, ...change } as ExternalSigner
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const privateJwk = privateKey.export({ format: 'jwk' }) as ExternalSigner['publicJwk']
    const given = 'publicJwk' in change && change.publicJwk === 'private'
    expect(
      () => new DpopProver({ privateKey: given ? { ...signer, publicJwk: privateJwk } : changed }),
    ).toThrow(expect.objectContaining(refusal))
  })

  it('is refused when "algorithm" says something else', async () => {
    const { signer } = kmsOf(await generateKey('ES256'))
    expect(() => new DpopProver({ privateKey: signer, algorithm: 'PS256' })).toThrow(
      expect.objectContaining({ option: 'algorithm' }),
    )
  })

  it('goes by the thumbprint of a JWK among provers, so that processes can share its tokens', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = privateKey.export({ format: 'jwk' }) as ExternalSigner['publicJwk']
    const [one, two] = [new DpopProver({ privateKey: jwk }), new DpopProver({ privateKey: jwk })]
    expect(one.id).toBe(await two.thumbprint())
  })
})
