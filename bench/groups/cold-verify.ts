import type { Contender, Group } from '../lib/contender.ts'
import { expectClaims } from './support/answers.ts'
import { type BenchAlgorithm, forge, makeMaterial, makeTokens } from './support/material.ts'
import { signatureAlone } from './support/floor.ts'
import { SYNCHRONOUS } from './support/remarks.ts'
import { fastJwt, jose, jsonwebtoken, mayfly, type Verify } from './support/verifiers.ts'

/** A token that was never seen before: its signature has to be checked. */
export async function coldVerify(algorithm: BenchAlgorithm): Promise<Group> {
  const material = makeMaterial(algorithm)
  const [token = ''] = await makeTokens(material, 1)
  const forged = forge(token)
  const contender = (
    verify: Verify,
    rest: Omit<Contender, 'run' | 'check' | 'refuses'>,
  ): Contender => ({
    ...rest,
    run: () => verify(token),
    check: expectClaims,
    refuses: () => verify(forged),
  })

  const others = [
    contender(await jose(material), { id: 'jose', name: '`jwtVerify()`', library: 'jose' }),
    contender(fastJwt(material, { cache: false }), {
      id: 'fast-jwt',
      name: '`createVerifier()`',
      library: 'fast-jwt',
      unlike: SYNCHRONOUS,
    }),
  ]
  if (algorithm !== 'EdDSA') {
    others.push(
      contender(jsonwebtoken(material), {
        id: 'jsonwebtoken',
        name: '`verify()`',
        library: 'jsonwebtoken',
        unlike: SYNCHRONOUS,
      }),
    )
  }
  return {
    id: `cold-verify-${algorithm.toLowerCase()}`,
    title: `\`TokenVerifier.verify()\`, unknown ${algorithm} token`,
    about: `All caches are off. The floor is Node's own signature check (${algorithm === 'HS256' ? '`createHmac`' : '`crypto.verify`'}, synchronous, the key parsed before), without parsing the token or looking at a claim.`,
    batch: 32,
    ...(algorithm === 'EdDSA' && { missing: 'jsonwebtoken is missing: it has no EdDSA.' }),
    floor: signatureAlone(material, token.slice(0, token.lastIndexOf('.'))),
    mayfly: contender(mayfly(material, { cache: false }), {
      id: 'mayfly',
      name: 'Mayfly `TokenVerifier.verify()`, `cache: false`',
      library: '@mayfly/core',
    }),
    others,
  }
}
