import {
  type VerificationKey,
  staticKeys,
  verifyCompact,
  type VerifyCompactOptions,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import serialisations from './rfc-serialisations.json' with { type: 'json' }
import vectors from './rfc-vectors.json' with { type: 'json' }

interface Signature {
  readonly protected?: string
  readonly header?: Readonly<Record<string, string>>
  readonly signature: string
}

const { payload } = serialisations
const signatures: Readonly<Record<string, Signature>> = serialisations.signatures

/** Every key of the examples, for whatever algorithm it can verify. */
const keys = staticKeys(
  vectors.map(({ algorithm, jwk }) => {
    const { kid: _, ...nameless } = jwk as { kid?: string }
    return { algorithm, key: nameless } as VerificationKey
  }),
)
const options: VerifyCompactOptions = { algorithms: ['HS256', 'RS256', 'ES256', 'ES512', 'EdDSA'] }

function partsOf(name: string): readonly string[] {
  return vectors.find((vector) => vector.name === name)?.token.split('.') ?? []
}

function signatureOf(name: string): Signature {
  const found = signatures[name]
  if (found === undefined) throw new Error(`There is no example ${name}.`)
  return found
}

const [rsaHeader, body, rsaSignature] = partsOf('RFC 7515 A.2')
const [ecHeader, , ecSignature] = partsOf('RFC 7515 A.3')
const rsa = { protected: rsaHeader, header: { kid: '2010-12-29' }, signature: rsaSignature }
const ec = {
  protected: ecHeader,
  header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' },
  signature: ecSignature,
}
const flat = (name: string): object => ({ payload, ...signatureOf(name) })
const general = (...names: readonly string[]): object => ({
  payload,
  signatures: names.map((name) => signatureOf(name)),
})

const MALFORMED = { status: 401, reason: 'token_malformed' }

describe('the examples of the RFCs that are no compact signed token are refused:', () => {
  it('RFC 7515 A.5, which has no signature', async () => {
    const token = `eyJhbGciOiJub25lIn0.${body}.`
    await expect(verifyCompact(token, keys, options)).rejects.toMatchObject({
      status: 401,
      reason: 'algorithm_not_allowed',
    })
  })

  it.each([
    ['RFC 7515 A.6, two signatures in JSON', { payload: body, signatures: [rsa, ec] }],
    ['RFC 7515 A.7, one signature in flattened JSON', { payload: body, ...ec }],
    ['RFC 7520 4.6, in JSON', general('4.6')],
    ['RFC 7520 4.6, in flattened JSON', flat('4.6')],
    ['RFC 7520 4.7, in JSON', general('4.7')],
    ['RFC 7520 4.7, in flattened JSON', flat('4.7')],
    ['RFC 7520 4.8, three signatures in JSON', general('4.8 RS256', '4.8 ES512', '4.5')],
  ])('%s', async (_name, json) => {
    const texts = [JSON.stringify(json), JSON.stringify(json, undefined, 2)]
    // Two dots, so that it has the look of three parts.
    texts.push(JSON.stringify({ ...json, note: 'a.b.c' }))
    for (const text of texts) {
      await expect(verifyCompact(text, keys, options)).rejects.toMatchObject(MALFORMED)
    }
    await expect(verifyCompact(json as unknown as string, keys, options)).rejects.toMatchObject(
      MALFORMED,
    )
  })

  it('RFC 7520 4.5, whose content lies elsewhere', async () => {
    const { protected: header, signature } = signatureOf('4.5')
    await expect(verifyCompact(`${header}..${signature}`, keys, options)).rejects.toMatchObject({
      status: 401,
      reason: 'signature_invalid',
    })
  })

  it.each(['4.7', '4.8 ES512'])('RFC 7520 %s, whose header is not signed', async (name) => {
    const { signature } = signatureOf(name)
    await expect(verifyCompact(`.${payload}.${signature}`, keys, options)).rejects.toMatchObject(
      MALFORMED,
    )
  })
})

describe('the examples of the RFCs hold once they are put together as a compact token:', () => {
  it.each(['4.5', '4.6', '4.8 RS256'])('RFC 7520 %s', async (name) => {
    const { protected: header, signature } = signatureOf(name)
    const verified = await verifyCompact(`${header}.${payload}.${signature}`, keys, options)
    expect(Buffer.from(verified.payload).toString()).toMatch(/^It’s a dangerous business, Frodo/)
  })
})
