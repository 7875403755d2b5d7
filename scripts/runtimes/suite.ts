import {
  ALGORITHMS,
  bearerFetch,
  checkOrigin,
  compileOriginPatterns,
  createAccessToken,
  DpopProver,
  DpopVerifier,
  generateKey,
  importKey,
  isMayflyError,
  KeyRing,
  signCompact,
  systemClock,
  TokenIssuer,
  TokenManager,
  TokenVerifier,
  verifyCompact,
  withBearerAuth,
} from '@mayfly/core'
import { clientCredentials, vonage, zoomVideoSdk } from '@mayfly/core/vendors'

/** What came of one case. */
export interface Outcome {
  readonly name: string
  /** What it threw; nothing where it is as it should be. */
  readonly fault?: string
}

type Case = () => Promise<void>

function equal(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${one} instead of ${other}`)
}

async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return isMayflyError(error) ? error.code : String(error)
  }
  return 'nothing was thrown'
}

const ISSUER = 'https://auth.example.com'
const API = 'https://api.example.com'
const SECRET = new Uint8Array(64).fill(7)

/** An API that answers 200 to tokens that are good, and counts the others. */
function upstream(isGood: (token: string) => boolean): { fetch: typeof fetch; refused: string[] } {
  const refused: string[] = []
  const answer = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    const [, token = ''] = (new Request(input, init).headers.get('authorization') ?? '').split(' ')
    if (isGood(token)) return Response.json({ ok: true })
    refused.push(token)
    return Response.json({ ok: false }, { status: 401 })
  }
  return { fetch: answer, refused }
}

function countingSource(): ConstructorParameters<typeof TokenManager>[0] & {
  minted: () => number
} {
  let count = 0
  return {
    id: 'counting',
    origins: [API],
    minted: () => count,
    getToken: async () => {
      count += 1
      await new Promise((resolve) => void setTimeout(resolve, 5))
      const issuedAt = Math.floor(systemClock.now() / 1000)
      const fields = { issuedAt, expiresAt: issuedAt + 300, origins: [API] }
      return createAccessToken({ value: `token-${count}`, ...fields })
    },
  }
}

async function inbound(): Promise<{ issuer: TokenIssuer; verifier: TokenVerifier }> {
  const issuer = new TokenIssuer({ issuer: ISSUER, keys: await KeyRing.create() })
  const verifier = new TokenVerifier({ issuer: ISSUER, audience: 'orders', keys: issuer.keys })
  return { issuer, verifier }
}

const algorithms = ALGORITHMS.map((algorithm): [string, Case] => [
  `${algorithm}: signs, verifies, and refuses what was changed`,
  async () => {
    const key = algorithm.startsWith('HS')
      ? await importKey({ secret: SECRET }, algorithm)
      : await generateKey(algorithm)
    const bytes = new TextEncoder().encode('{"sub":"alice"}')
    const token = await signCompact(bytes, {}, key)
    const verify = (text: string): ReturnType<typeof verifyCompact> =>
      verifyCompact(text, [{ algorithm, key }], { algorithms: [algorithm] })
    equal((await verify(token)).payload.length, bytes.length)
    const [header, , signature] = token.split('.')
    const forged = `${header}.${btoa('{"sub":"mallory"}').replaceAll('=', '')}.${signature}`
    equal(await codeOf(() => verify(forged)), 'ERR_TOKEN_SIGNATURE')
  },
])

const CASES: readonly (readonly [string, Case])[] = [
  ...algorithms,
  [
    'an issuer and a verifier: claims, expiry, rotation, a bad audience',
    async () => {
      const { issuer, verifier } = await inbound()
      const { value } = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 60 })
      equal((await verifier.verify(value)).claims.sub, 'alice')
      const other = await issuer.issue({ audience: 'others', subject: 'alice', expiresIn: 60 })
      equal(await codeOf(() => verifier.verify(other.value)), 'ERR_AUDIENCE')
      equal((await issuer.jwks()).keys.length, 1)
    },
  ],
  [
    'withBearerAuth: a Request, a Response, a challenge',
    async () => {
      const { issuer, verifier } = await inbound()
      const handler = withBearerAuth(verifier, (_, auth) => Response.json(auth.claims.sub))
      const { value } = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 60 })
      const headers = { authorization: `Bearer ${value}` }
      const good = await handler(new Request(API, { headers }))
      equal([good.status, await good.json()], [200, 'alice'])
      const bare = await handler(new Request(API))
      equal([bare.status, bare.headers.get('www-authenticate')], [401, 'Bearer realm="api"'])
    },
  ],
  [
    'a manager: one mint for many callers of one request, and none while the token is good',
    async () => {
      const source = countingSource()
      const manager = new TokenManager(source, { shareInFlight: true })
      const tokens = await Promise.all(Array.from({ length: 20 }, () => manager.getToken()))
      equal([new Set(tokens.map(({ value }) => value)).size, source.minted()], [1, 1])
      await manager.getToken()
      equal(source.minted(), 1)
    },
  ],
  [
    'bearerFetch: another token after 401, and no token for another origin',
    async () => {
      const { fetch, refused } = upstream((token) => token === 'token-2')
      const send = bearerFetch(new TokenManager(countingSource()), { fetch })
      equal((await send(`${API}/orders`)).status, 200)
      equal(refused, ['token-1'])
      equal(await codeOf(() => send('https://evil.example/')), 'ERR_FOREIGN_ORIGIN')
    },
  ],
  [
    'bearerFetch: a body is sent again, and a signal of the caller ends it',
    async () => {
      const bodies: string[] = []
      const fetch = (async (...[input, init]: Parameters<typeof globalThis.fetch>) => {
        const request = new Request(input, init)
        request.signal.throwIfAborted()
        bodies.push(await request.text())
        return new Response('', { status: bodies.length === 1 ? 401 : 200 })
      }) as typeof globalThis.fetch
      const send = bearerFetch(new TokenManager(countingSource()), { fetch })
      equal((await send(API, { method: 'POST', body: 'order' })).status, 200)
      equal(bodies, ['order', 'order'])
      const aborted = AbortSignal.abort(new Error('enough'))
      equal(await codeOf(() => send(API, { signal: aborted })), 'Error: enough')
    },
  ],
  [
    'a source that does not answer is given up in time',
    async () => {
      const source = { id: 'silent', origins: [], getToken: () => new Promise<never>(() => {}) }
      const manager = new TokenManager(source, { timeoutMs: 20 })
      equal(await codeOf(() => manager.getToken()), 'ERR_MINT_TIMEOUT')
    },
  ],
  [
    'DPoP: a proof is made and taken once',
    async () => {
      const prover = new DpopProver()
      const verifier = new DpopVerifier({ baseUrl: API })
      const proof = await prover.prove({ method: 'GET', url: `${API}/orders` })
      const request = {
        method: 'GET',
        url: '/orders',
        header: (name: string) => (name === 'dpop' ? [proof] : []),
      }
      const taken = await verifier.verify(request)
      equal(taken.thumbprint, await prover.thumbprint())
      await taken.use()
    },
  ],
  [
    'vendors that sign: Zoom and Vonage, from a secret and from a PEM',
    async () => {
      const zoom = zoomVideoSdk({
        sdkKey: 'KEY',
        sdkSecret: 's'.repeat(32),
        topic: 'cars',
        role: 'host',
      })
      equal((await zoom.getToken()).value.split('.').length, 3)
      const applicationId = '57246542-96fe-1a63-e053-0824d011072a'
      const token = await vonage({ applicationId, privateKey: await rsaPem() }).getToken()
      equal(token.header, `Bearer ${token.value}`)
    },
  ],
  [
    'a vendor that is asked over HTTP: client credentials',
    async () => {
      const fetch = (async () =>
        Response.json({
          access_token: 'opaque',
          token_type: 'Bearer',
          expires_in: 300,
        })) as unknown as typeof globalThis.fetch
      const source = clientCredentials({
        tokenEndpoint: 'https://login.example.com/token',
        clientId: 'client',
        clientSecret: 's'.repeat(32),
        origins: [API],
        fetch,
      })
      equal((await source.getToken()).value, 'opaque')
    },
  ],
  [
    'origins: patterns, a foreign one, and what is no pattern',
    async () => {
      const patterns = compileOriginPatterns(['https://*.example.com'])
      equal(checkOrigin(patterns, 'https://shop.example.com').allowed, true)
      equal(checkOrigin(patterns, 'https://example.org').allowed, false)
      const none = compileOriginPatterns(['https://*.*'])
      equal(checkOrigin(none, 'https://shop.example').allowed, false)
    },
  ],
  [
    'a token in a string throws, and JSON shows none of it',
    async () => {
      const token = createAccessToken({ value: 'sesame', issuedAt: 1, expiresAt: 2 })
      equal(await codeOf(() => `Bearer ${token as unknown as string}`), 'ERR_OPTION_INVALID')
      equal(JSON.stringify(token).includes('sesame'), false)
    },
  ],
]

const shared = countingSource()
const manager = new TokenManager(shared)

/** Answers a request with the token that all requests share, and how many were minted so far. */
export async function answerShared(): Promise<Response> {
  const { value } = await manager.getToken()
  return Response.json({ value, minted: shared.minted() })
}

/** Judges what many requests at once, and one after them, were answered by {@link answerShared}. */
export async function judgeShared(ask: () => Promise<Response>): Promise<Outcome> {
  const name = 'requests at the same time: each is answered, and those after them mint nothing'
  const read = async (): Promise<{ minted: number }> =>
    (await (await ask()).json()) as { minted: number }
  try {
    const answers = await Promise.all(Array.from({ length: 5 }, read))
    const most = Math.max(...answers.map(({ minted }) => minted))
    equal(most >= 1 && most <= answers.length, true)
    equal((await read()).minted, most)
    return { name }
  } catch (error) {
    return { name, fault: String(error) }
  }
}

async function rsaPem(): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  }
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as {
    privateKey: Parameters<typeof crypto.subtle.exportKey>[1]
  }
  const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  const base64 = btoa(String.fromCharCode(...der))
  return `-----BEGIN PRIVATE KEY-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}

/** Runs every case, one after another, on whatever runtime this is. */
export async function runSuite(): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const [name, run] of CASES) {
    try {
      await run()
      outcomes.push({ name })
    } catch (error) {
      outcomes.push({
        name,
        fault: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      })
    }
  }
  return outcomes
}
