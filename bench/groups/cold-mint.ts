import { type KeyObject, sign, verify } from 'node:crypto'
import { appStoreConnect, type AppStoreConnectOptions } from '@mayfly/core/vendors'
import { createSigner } from 'fast-jwt'
import { importPKCS8, jwtVerify, SignJWT } from 'jose'
import jwt from 'jsonwebtoken'
import type { Contender, Group } from '../lib/contender.ts'
import { expectSame, member } from './support/answers.ts'
import { makeMaterial } from './support/material.ts'
import { SYNCHRONOUS } from './support/remarks.ts'

const ISSUER = '57246542-96fe-1a63-e053-0824d011072a'
const KEY_ID = '2X9R4HXF34'
const AUDIENCE = 'appstoreconnect-v1'
const LIFETIME = 1200

/** A new App Store Connect token, signed with ES256. */
export async function coldMint(): Promise<Group> {
  const { signing, verifying } = makeMaterial('ES256')
  const pem = signing.export({ type: 'pkcs8', format: 'pem' }).toString()
  const check = async (answer: unknown): Promise<void> => {
    const token = typeof answer === 'string' ? answer : String(member(answer, 'value'))
    const { protectedHeader, payload } = await jwtVerify(token, verifying, {
      issuer: ISSUER,
      audience: AUDIENCE,
    })
    expectSame(protectedHeader.kid, KEY_ID, '"kid"')
    expectSame(Number(payload.exp) - Number(payload.iat), LIFETIME, 'the lifetime')
  }
  const options: AppStoreConnectOptions = { issuerId: ISSUER, keyId: KEY_ID, privateKey: pem }
  const source = appStoreConnect(options)

  return {
    id: 'cold-mint',
    title: '`appStoreConnect().getToken()`, ES256',
    about:
      'Each call makes and signs one ES256 token. The floor is Node’s own `crypto.sign` (synchronous, the key parsed before) over bytes that are there already, which leaves the signature in DER.',
    batch: 32,
    floor: signatureAlone(signing, verifying),
    mayfly: {
      id: 'mayfly',
      name: 'Mayfly `appStoreConnect().getToken()`',
      library: '@mayfly/core',
      run: () => source.getToken(),
      check,
    },
    others: [
      {
        id: 'mayfly-new-source',
        name: 'Mayfly, a new source for each token',
        library: '@mayfly/core',
        run: () => appStoreConnect(options).getToken(),
        check,
        unlike: 'parses the PEM and checks the options every time: not how it is meant to be used.',
      },
      ...(await byJose(pem, check)),
      ...synchronous(pem, signing, check),
    ],
  }
}

function signatureAlone(signing: KeyObject, verifying: KeyObject): Contender {
  const input = Buffer.alloc(300, 'a')
  return {
    id: 'floor',
    name: 'floor',
    library: 'node',
    run: () => sign('sha256', input, signing),
    check: (answer) => {
      const holds = Buffer.isBuffer(answer) && verify('sha256', input, verifying, answer)
      expectSame(holds, true, 'the verdict')
    },
  }
}

async function byJose(pem: string, check: Contender['check']): Promise<readonly Contender[]> {
  const key = await importPKCS8(pem, 'ES256')
  const signNow = (signing: typeof key): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: KEY_ID, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(secondsNow())
      .setExpirationTime(secondsNow() + LIFETIME)
      .sign(signing)
  return [
    { id: 'jose', name: '`SignJWT`', library: 'jose', run: () => signNow(key), check },
    {
      id: 'jose-pem',
      name: '`SignJWT`, PEM parsed for each token',
      library: 'jose',
      run: async () => signNow(await importPKCS8(pem, 'ES256')),
      check,
    },
  ]
}

function synchronous(
  pem: string,
  signing: KeyObject,
  check: Contender['check'],
): readonly Contender[] {
  const signNow = (key: jwt.Secret): string => {
    const iat = secondsNow()
    return jwt.sign({ iss: ISSUER, iat, exp: iat + LIFETIME, aud: AUDIENCE }, key, {
      algorithm: 'ES256',
      keyid: KEY_ID,
    })
  }
  const fastSign = createSigner({
    key: pem,
    algorithm: 'ES256',
    kid: KEY_ID,
    iss: ISSUER,
    aud: AUDIENCE,
    expiresIn: LIFETIME * 1000,
  })
  return [
    {
      id: 'jsonwebtoken',
      name: '`sign()`, key parsed once',
      library: 'jsonwebtoken',
      run: () => signNow(signing),
      check,
      unlike: SYNCHRONOUS,
    },
    {
      id: 'jsonwebtoken-pem',
      name: '`sign()` with PEM text, as vendors’ SDKs call it',
      library: 'jsonwebtoken',
      run: () => signNow(pem),
      check,
      unlike: SYNCHRONOUS,
    },
    {
      id: 'fast-jwt',
      name: '`createSigner()`',
      library: 'fast-jwt',
      run: () => fastSign({}),
      check,
      unlike: SYNCHRONOUS,
    },
  ]
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000)
}
