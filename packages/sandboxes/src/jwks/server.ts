import type { JwkSet } from '@mayfly/core'
import type { MintOptions, TestIssuerOptions } from '@mayfly/testing'
import { invalid, refuseUnknownOptions } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { PublishedKeys } from './published-keys.ts'

/** Options of {@link startJwksServer}. */
export interface JwksServerOptions
  extends SandboxOptions,
    Pick<TestIssuerOptions, 'algorithm' | 'audience'> {
  /** What comes after the origin in the issuer's name, such as `/tenant`. Default: nothing. */
  readonly path?: string
  /** Where it publishes its metadata: by RFC 8414, by OpenID Connect Discovery, or not at all. Default `'oauth'`. */
  readonly metadata?: 'oauth' | 'openid' | 'none'
}

/**
 * What a server may answer in place of its key set: 204 without a body, a page of 200, 2 MiB of JSON,
 * or any answer; a body that is no string is sent as JSON.
 */
export type KeysResponse = 'no-content' | 'html' | 'huge' | SandboxReply

/** What a test can do to a JWKS server, beside what every sandbox can. */
export interface JwksControls {
  /** The name of the issuer: its origin and path. */
  readonly issuer: string
  readonly jwksUri: string
  /** The ids of the published keys, the newest first. */
  readonly keyIds: readonly string[]
  /** What is published. */
  readonly jwks: JwkSet
  /** Requests for the key set so far, the failed ones included. */
  readonly keyRequests: number
  /** Requests for metadata so far. */
  readonly metadataRequests: number
  /** Makes a token with the newest key. */
  mint(options?: MintOptions): string
  /** Publishes a new key, which signs from now on, and gives its id. The older ones stay published. */
  rotate(): string
  /** Takes a key out of the set. Default: the oldest. */
  removeKey(keyId?: string): void
  /** Sends these header fields with the key set from now on, such as `cache-control`. */
  setKeyHeaders(headers: Readonly<Record<string, string>>): void
  /** Answers requests for the key set with something else, until `undefined` ends it. */
  answerKeysWith(answer: KeysResponse | undefined): void
  /** Changes members of the metadata; `undefined` leaves one out. */
  changeMetadata(changes: Readonly<Record<string, unknown>>): void
}

/** A running JWKS server. */
export interface JwksServer extends HttpSandbox<never>, JwksControls {}

const KEYS_PATH = '/keys.json'

/**
 * Starts an issuer that publishes its keys and its metadata on a free port of 127.0.0.1, makes tokens,
 * and fails in every way that a test asks for. How an answer's body may be spoilt on its way, redirects
 * and outages are those of every sandbox: `spoilNext`, `redirect`, `failNext`, `down`, `up`.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 * import { startJwksServer } from '@mayfly/sandboxes'
 *
 * const audience = 'https://api.example.com'
 * await using server = await startJwksServer({ audience })
 * const { issuer } = server
 * const verifier = new TokenVerifier({ issuer, audience, keys: { issuer } })
 *
 * await verifier.verify(server.mint())
 * server.rotate()
 * await verifier.verify(server.mint()) // the new key is fetched
 * console.log(server.keyRequests) // 2
 * ```
 */
export async function startJwksServer(options: JwksServerOptions = {}): Promise<JwksServer> {
  const own = ['algorithm', 'audience', 'path', 'metadata']
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, ...own], 'startJwksServer')
  const { path = '', metadata = 'oauth', algorithm, audience } = options
  if (path !== '' && (!path.startsWith('/') || path.includes('?'))) {
    throw invalid('path', '"path" must start with "/" and have no query.')
  }
  const state: State = { answer: undefined, keyHeaders: {}, metadata: {}, keys: () => keys.set }
  const metadataPath = placeOf(metadata, path)
  const sandbox: HttpSandbox<never> = new HttpSandbox<never>(
    () => createVendor(state, { metadataPath, issuer: () => sandbox.origin + path }),
    options,
  )
  await sandbox.listen()
  const issuer = sandbox.origin + path
  const keys = new PublishedKeys({
    issuer,
    clock: sandbox.clock,
    ...(algorithm !== undefined && { algorithm }),
    ...(audience !== undefined && { audience }),
  })
  const count = { keys: 0, metadata: 0 }
  sandbox.onEvent((event) => {
    if (event.path === KEYS_PATH) count.keys += 1
    if (event.path.includes('/.well-known/')) count.metadata += 1
  })
  const controls: JwksControls = {
    issuer,
    jwksUri: sandbox.origin + KEYS_PATH,
    get keyIds() {
      return keys.keyIds
    },
    get jwks() {
      return keys.set
    },
    get keyRequests() {
      return count.keys
    },
    get metadataRequests() {
      return count.metadata
    },
    mint: (mintOptions) => keys.newest.mint(mintOptions),
    rotate: () => keys.rotate(),
    removeKey: (keyId = keys.keyIds.at(-1) ?? '') => keys.remove(keyId),
    setKeyHeaders: (headers) => void (state.keyHeaders = { ...headers }),
    answerKeysWith: (answer) => void (state.answer = answer),
    changeMetadata: (changes) => void (state.metadata = { ...state.metadata, ...changes }),
  }
  // Getters must stay getters, which Object.assign would not let them.
  return Object.defineProperties(sandbox, Object.getOwnPropertyDescriptors(controls)) as JwksServer
}

interface State {
  answer: KeysResponse | undefined
  keyHeaders: Readonly<Record<string, string>>
  metadata: Readonly<Record<string, unknown>>
  readonly keys: () => JwkSet
}

interface Places {
  readonly metadataPath: string | undefined
  readonly issuer: () => string
}

function placeOf(metadata: 'oauth' | 'openid' | 'none', path: string): string | undefined {
  const plain = path.replace(/\/$/, '')
  if (metadata === 'none') return undefined
  return metadata === 'oauth'
    ? `/.well-known/oauth-authorization-server${plain}`
    : `${plain}/.well-known/openid-configuration`
}

function createVendor(state: State, { metadataPath, issuer }: Places): Vendor<never> {
  function reply({ path }: SandboxRequest): SandboxReply {
    if (path === KEYS_PATH) return keysReply(state)
    if (path !== metadataPath) return { status: 404, body: 'There is nothing here.' }
    const { origin } = new URL(issuer())
    const document = { issuer: issuer(), jwks_uri: origin + KEYS_PATH, ...state.metadata }
    return { status: 200, body: document }
  }
  const judge = (request: SandboxRequest): Verdict<never> => ({ reply: reply(request) })
  return { name: 'jwks', judge, failure: (status) => ({ status, body: 'Something went wrong.' }) }
}

function keysReply({ answer, keyHeaders, keys }: State): SandboxReply {
  switch (answer) {
    case undefined:
      return { status: 200, headers: keyHeaders, body: keys() }
    case 'no-content':
      return { status: 204 }
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><title>Sign in</title>',
      }
    case 'huge':
      return { status: 200, body: { ...keys(), padding: 'x'.repeat(2 * 1_048_576) } }
    default:
      return answer
  }
}
