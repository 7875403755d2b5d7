import { createAccessToken, TokenManager, type TokenSource } from '@mayfly/core'
import { JWT, OAuth2Client } from 'google-auth-library'
import type { Contender, Group } from '../lib/contender.ts'
import { expectSame, member } from './support/answers.ts'
import { makeMaterial } from './support/material.ts'

const LIFETIME = 3600

const HEADERS = 'makes a `Headers` object for each call.'

/** A token that is there and fresh, asked for once more. */
export async function warmGetToken(): Promise<Group> {
  const issuedAt = Math.floor(Date.now() / 1000)
  const token = createAccessToken({
    value: 'a'.repeat(300),
    issuedAt,
    expiresAt: issuedAt + LIFETIME,
    origins: ['https://api.example.com'],
  })
  const isToken = (answer: unknown): void => expectSame(answer, token, 'the token')

  const freshUntil = issuedAt + LIFETIME - 300
  const floor = async (now: number): Promise<typeof token> => {
    if (now < freshUntil) return token
    throw new Error('The token has ended.')
  }
  const source: TokenSource = {
    id: 'bench',
    origins: token.origins,
    getToken: () => Promise.resolve(token),
  }
  const manager = new TokenManager(source)
  await manager.getToken()

  return {
    id: 'warm-get-token',
    title: '`TokenManager.getToken()`, fresh token',
    about:
      'The token is in memory and fresh. The floor is an `async` function that compares two numbers and returns the token; it does not even look at the clock.',
    allocation: true,
    floor: {
      id: 'floor',
      name: 'floor',
      library: 'by hand',
      run: () => floor(issuedAt),
      check: isToken,
    },
    mayfly: {
      id: 'mayfly',
      name: 'Mayfly `TokenManager.getToken()`',
      library: '@mayfly/core',
      run: () => manager.getToken(),
      check: isToken,
    },
    others: [handWritten(token, freshUntil * 1000, isToken), ...(await googleClients(token.value))],
  }
}

function handWritten(
  token: unknown,
  freshUntil: number,
  check: (answer: unknown) => void,
): Contender {
  const cache = { token, freshUntil }
  const getToken = async (): Promise<unknown> => {
    if (Date.now() < cache.freshUntil) return cache.token
    throw new Error('The token has ended.')
  }
  return {
    id: 'by-hand',
    name: 'a cache written by hand',
    library: 'by hand',
    run: getToken,
    check,
    unlike:
      'one variable and a look at the clock: no single flight, no refresh, no rejected tokens.',
  }
}

async function googleClients(value: string): Promise<readonly Contender[]> {
  const bearer = `Bearer ${value}`
  const client = new OAuth2Client()
  client.setCredentials({ access_token: value, expiry_date: Date.now() + LIFETIME * 1000 })
  const key = makeMaterial('RS256').signing.export({ type: 'pkcs8', format: 'pem' }).toString()
  const jwt = new JWT({ email: 'bench@example.com', key })
  const url = 'https://api.example.com'
  const selfSigned = (await jwt.getRequestHeaders(url)).get('authorization')
  return [
    {
      id: 'google-access-token',
      name: '`OAuth2Client.getAccessToken()`',
      library: 'google-auth-library',
      run: () => client.getAccessToken(),
      check: (answer) => expectSame(member(answer, 'token'), value, 'the token'),
    },
    {
      id: 'google-headers',
      name: '`OAuth2Client.getRequestHeaders()`',
      library: 'google-auth-library',
      run: () => client.getRequestHeaders(),
      check: (answer) => expectSame(authorizationIn(answer), bearer, 'the header'),
      unlike: HEADERS,
    },
    {
      id: 'google-jwt-headers',
      name: '`JWT.getRequestHeaders()`, self-signed',
      library: 'google-auth-library',
      run: () => jwt.getRequestHeaders(url),
      check: (answer) => expectSame(authorizationIn(answer), selfSigned, 'the header'),
      unlike: HEADERS,
    },
  ]
}

function authorizationIn(answer: unknown): string | null {
  return answer instanceof Headers ? answer.get('authorization') : null
}
