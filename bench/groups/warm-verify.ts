import type { Contender, Group } from '../lib/contender.ts'
import { claimsIn, expectClaims } from './support/answers.ts'
import { forge, makeMaterial, makeTokens, type Material } from './support/material.ts'
import { NO_CACHE } from './support/remarks.ts'
import { fastJwt, jose, jsonwebtoken, mayfly, type Verify } from './support/verifiers.ts'

const MANY = 500

const CACHED_VERDICT =
  'answers with the verdict that it kept, found by a SHA hash of the token; Mayfly judges time, issuer and audience every time.'

/** A token whose signature was verified before, presented once more. */
export async function warmVerify(): Promise<Group> {
  const material = makeMaterial('ES256')
  const [token = ''] = await makeTokens(material, 1)
  return groupOf(material, {
    id: 'warm-verify',
    title: '`TokenVerifier.verify()`, known token',
    about:
      'One ES256 token, presented again and again, its signature verified before. The floor is an `async` function that compares two numbers and returns the claims.',
    known: [token],
    next: () => token,
  })
}

/** As it is in a server: many tokens, and the text of each is new with every request. */
export async function warmVerifyManyTokens(): Promise<Group> {
  const material = makeMaterial('ES256')
  const tokens = await makeTokens(material, MANY)
  const bytes = tokens.map((token) => Buffer.from(token))
  let at = 0
  return groupOf(material, {
    id: 'warm-verify-many-tokens',
    title: `\`TokenVerifier.verify()\`, ${MANY} known tokens, each as new text`,
    about: `${MANY} ES256 tokens in turn, each made into text anew, as an HTTP parser does with every request: a cache has to hash and compare it. The floor makes the text, compares two numbers and returns.`,
    known: tokens,
    next: () => {
      at = at + 1 === MANY ? 0 : at + 1
      return bytes[at]?.toString('latin1') ?? ''
    },
  })
}

interface Presented {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly known: readonly string[]
  readonly next: () => string
}

async function groupOf(material: Material, presented: Presented): Promise<Group> {
  const { id, title, about, known, next } = presented
  const verify = mayfly(material)
  const cached = fastJwt(material, { cache: true })
  for (const token of known) await Promise.all([verify(token), cached(token)])
  const claims = claimsIn(await verify(known[0] ?? ''))
  const now = Math.floor(Date.now() / 1000)
  const end = now + 3600
  const floor = async (_token: string, time: number): Promise<unknown> => {
    if (time < end) return claims
    throw new Error('The token has ended.')
  }
  const forged = forge(known[0] ?? '')
  const contender = (
    run: Verify,
    rest: Omit<Contender, 'run' | 'check' | 'refuses'>,
  ): Contender => ({
    ...rest,
    run: () => run(next()),
    check: expectClaims,
    refuses: () => run(forged),
  })
  return {
    id,
    title,
    about,
    allocation: true,
    batch: 256,
    floor: {
      id: 'floor',
      name: 'floor',
      library: 'by hand',
      run: () => floor(next(), now),
      check: expectClaims,
    },
    mayfly: contender(verify, {
      id: 'mayfly',
      name: 'Mayfly `TokenVerifier.verify()`',
      library: '@mayfly/core',
    }),
    others: [
      contender(cached, {
        id: 'fast-jwt-cache',
        name: '`createVerifier({ cache: true })`',
        library: 'fast-jwt',
        unlike: `synchronous; ${CACHED_VERDICT}`,
      }),
      contender(async (token) => cached(token), {
        id: 'fast-jwt-cache-async',
        name: '`createVerifier({ cache: true })` in an `async` function',
        library: 'fast-jwt',
        unlike: CACHED_VERDICT,
      }),
      contender(await jose(material), {
        id: 'jose',
        name: '`jwtVerify()`',
        library: 'jose',
        unlike: NO_CACHE,
      }),
      contender(jsonwebtoken(material), {
        id: 'jsonwebtoken',
        name: '`verify()`',
        library: 'jsonwebtoken',
        unlike: NO_CACHE,
      }),
    ],
  }
}
