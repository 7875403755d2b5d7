import type { Contender, Group } from '../lib/contender.ts'
import { expectError } from './support/answers.ts'
import { signatureAlone } from './support/floor.ts'
import { forge, makeMaterial, makeTokens, type Material } from './support/material.ts'
import { SYNCHRONOUS } from './support/remarks.ts'
import { fastJwt, jose, jsonwebtoken, mayfly, type Verify } from './support/verifiers.ts'

// More than fast-jwt's cache holds, which keeps refusals too: none of these is found there again.
const POOL = 1500

/** What a token costs whose signature does not hold: the signature check, and an error. */
export async function wrongSignature(): Promise<Group> {
  const material = makeMaterial('ES256')
  const [token = ''] = await makeTokens(material, 1)
  const next = turns(Array.from({ length: POOL }, () => forge(token)))
  return {
    id: 'wrong-signature',
    title: '`TokenVerifier.verify()`, wrong ES256 signature',
    about: `${POOL} ES256 tokens in turn, well-formed, their signatures random; fast-jwt keeps refusals in its cache, and these are too many for it. The floor is Node's own signature check, synchronous. One caller at a time; what a flood does is another question.`,
    batch: 32,
    floor: signatureAlone(material, token.slice(0, token.lastIndexOf('.')), { wrong: true }),
    ...(await refusers(material, next)),
  }
}

/** What a text costs that is no token at all. */
export async function malformedToken(): Promise<Group> {
  const next = turns(
    Array.from({ length: POOL }, (_, index) => `${'x'.repeat(100)}.${'y'.repeat(200)}.${index}zz`),
  )
  return {
    id: 'malformed-token',
    title: '`TokenVerifier.verify()`, no token at all',
    about: `${POOL} texts in turn: three parts, but no header in the first. The floor is an \`async\` function that throws a new \`Error\`.`,
    batch: 256,
    floor: {
      id: 'floor',
      name: 'floor',
      library: 'by hand',
      run: refusal(async () => {
        throw new Error('This is no token.')
      }, next),
      check: expectError,
    },
    ...(await refusers(makeMaterial('ES256'), next)),
  }
}

async function refusers(
  material: Material,
  next: () => string,
): Promise<Pick<Group, 'mayfly' | 'others'>> {
  const contender = (verify: Verify, rest: Omit<Contender, 'run' | 'check'>): Contender => ({
    ...rest,
    run: refusal(verify, next),
    check: expectError,
  })
  return {
    mayfly: contender(mayfly(material), {
      id: 'mayfly',
      name: 'Mayfly `TokenVerifier.verify()`',
      library: '@mayfly/core',
    }),
    others: [
      contender(await jose(material), { id: 'jose', name: '`jwtVerify()`', library: 'jose' }),
      contender(fastJwt(material, { cache: true }), {
        id: 'fast-jwt-cache',
        name: '`createVerifier({ cache: true })`',
        library: 'fast-jwt',
        unlike: SYNCHRONOUS,
      }),
      contender(jsonwebtoken(material), {
        id: 'jsonwebtoken',
        name: '`verify()`',
        library: 'jsonwebtoken',
        unlike: SYNCHRONOUS,
      }),
    ],
  }
}

/** Gives the error that a verifier refuses the next token with. */
function refusal(verify: Verify, next: () => string): () => Promise<unknown> {
  return async () => {
    try {
      return await verify(next())
    } catch (error) {
      return error
    }
  }
}

function turns(tokens: readonly string[]): () => string {
  let at = 0
  return () => {
    at = at + 1 === tokens.length ? 0 : at + 1
    return tokens[at] ?? ''
  }
}
