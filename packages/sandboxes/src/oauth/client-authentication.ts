import type { SandboxRequest } from '../vendor.ts'
import { isNumericDate, readJwtHeader, verifyJwt } from '../signed-jwt.ts'
import type { SandboxClients } from './clients.ts'

/** Why a client was not let in. */
export type ClientFault =
  | 'client-authentication'
  | 'client-unknown'
  | 'client-secret'
  | 'client-revoked'
  | 'method-not-offered'
  | 'assertion-malformed'
  | 'assertion-key'
  | 'assertion-signature'
  | 'assertion-parties'
  | 'assertion-audience'
  | 'assertion-times'
  | 'assertion-replayed'

/** A way of authenticating (OpenID Connect Core section 9). */
export type ClientMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** What clients are judged against. */
export interface ClientContext {
  readonly clients: SandboxClients
  readonly isRevoked: (clientId: string) => boolean
  readonly methods: readonly ClientMethod[]
  /** What an assertion may be addressed to. */
  readonly audiences: readonly string[]
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
  /** The ids of assertions that were used. */
  readonly usedIds: Set<string>
}

/** Who a client is, or why it is not let in. */
export type ClientVerdict = { readonly clientId: string } | { readonly fault: ClientFault }

/** No assertion may be good for longer than this, in seconds. */
const MAX_ASSERTION_LIFE = 300
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Authenticates a client: in exactly one way (RFC 6749 section 2.3). */
export function judgeClient(
  request: SandboxRequest,
  form: URLSearchParams,
  context: ClientContext,
): ClientVerdict {
  const basic = readBasic(request.header('authorization'))
  const used: readonly [ClientMethod, boolean][] = [
    ['client_secret_basic', request.header('authorization') !== undefined],
    ['client_secret_post', form.has('client_secret')],
    ['private_key_jwt', form.has('client_assertion')],
  ]
  const methods = used.filter(([, isUsed]) => isUsed).map(([method]) => method)
  const [method] = methods
  if (method === undefined || methods.length > 1) return { fault: 'client-authentication' }
  if (!context.methods.includes(method)) return { fault: 'method-not-offered' }
  const verdict =
    method === 'private_key_jwt'
      ? judgeAssertion(form, context)
      : judgeSecret(
          method === 'client_secret_basic' ? basic : readPost(form),
          context.clients.bySecret,
        )
  if ('fault' in verdict) return verdict
  return context.isRevoked(verdict.clientId) ? { fault: 'client-revoked' } : verdict
}

interface Pair {
  readonly clientId: string
  readonly clientSecret: string
}

function judgeSecret(given: Pair | undefined, known: Pair): ClientVerdict {
  if (given === undefined) return { fault: 'client-authentication' }
  if (given.clientId !== known.clientId) return { fault: 'client-unknown' }
  if (given.clientSecret !== known.clientSecret) return { fault: 'client-secret' }
  return { clientId: known.clientId }
}

/** RFC 6749 section 2.3.1: both halves were form-encoded before they were put together. */
function readBasic(header: string | undefined): Pair | undefined {
  const [, credentials = ''] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? []
  const [id, secret, ...more] = Buffer.from(credentials, 'base64').toString('latin1').split(':')
  if (id === undefined || secret === undefined || more.length > 0) return undefined
  return { clientId: formDecode(id), clientSecret: formDecode(secret) }
}

function formDecode(value: string): string {
  return new URLSearchParams(`v=${value.replaceAll('&', '%26')}`).get('v') ?? ''
}

function readPost(form: URLSearchParams): Pair {
  return {
    clientId: form.get('client_id') ?? '',
    clientSecret: form.get('client_secret') ?? '',
  }
}

function judgeAssertion(form: URLSearchParams, context: ClientContext): ClientVerdict {
  const { byKey } = context.clients
  const assertion = form.get('client_assertion') ?? ''
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) return { fault: 'assertion-malformed' }
  const header = readJwtHeader(assertion)
  if (header === undefined) return { fault: 'assertion-malformed' }
  if (header.kid !== byKey.keyId) return { fault: 'assertion-key' }
  const verified = verifyJwt(assertion, context.clients.publicKey, [byKey.algorithm])
  if (verified === undefined) return { fault: 'assertion-signature' }
  const { iss, sub, aud, exp, iat, jti } = verified.payload
  const clientId = form.get('client_id') ?? byKey.clientId
  if (iss !== byKey.clientId || sub !== iss || clientId !== iss) {
    return { fault: 'assertion-parties' }
  }
  if (typeof aud !== 'string' || !context.audiences.includes(aud)) {
    return { fault: 'assertion-audience' }
  }
  const { now } = context
  const timely =
    isNumericDate(exp) &&
    isNumericDate(iat) &&
    iat <= now &&
    exp > now &&
    exp <= now + MAX_ASSERTION_LIFE
  if (!timely) return { fault: 'assertion-times' }
  if (jti === undefined || context.usedIds.has(jti)) return { fault: 'assertion-replayed' }
  context.usedIds.add(jti)
  return { clientId: byKey.clientId }
}
