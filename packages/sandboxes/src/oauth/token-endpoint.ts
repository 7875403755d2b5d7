import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import {
  type ClientContext,
  type ClientFault,
  type ClientVerdict,
  judgeClient,
} from './client-authentication.ts'

/** Why the token endpoint refused, where the client itself was good. */
export type GrantFault = 'not-post' | 'not-a-form' | 'grant-type' | 'scope' | 'target'

/** What a token was issued for. */
export interface OAuthGrant {
  readonly clientId: string
  readonly scope: string | undefined
  readonly audience: string | undefined
  readonly resource: readonly string[]
}

/** A request that deserves a token, or the refusal that it gets. */
export type GrantVerdict =
  | { readonly grant: OAuthGrant }
  | { readonly fault: GrantFault | ClientFault; readonly reply: SandboxReply }

/** What requests for tokens are judged against. */
export interface GrantContext extends ClientContext {
  readonly scopes: readonly string[]
  /** The resources that tokens can be for. Empty: any. */
  readonly resources: readonly string[]
}

/** Judges a request for a token (RFC 6749 sections 2.3, 3.2 and 4.4, RFC 7523, RFC 8707). */
export function judgeGrant(request: SandboxRequest, context: GrantContext): GrantVerdict {
  if (request.method !== 'POST') return { fault: 'not-post', reply: { status: 405 } }
  const form = readForm(request)
  if (form === undefined) {
    return refusal('not-a-form', 'invalid_request', 'The body must be a form.')
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return refusal('grant-type', 'unsupported_grant_type', 'Only client_credentials is supported.')
  }
  const client: ClientVerdict = judgeClient(request, form, context)
  if ('fault' in client) return { fault: client.fault, reply: unauthorized(request, client.fault) }
  const scope = form.get('scope') ?? undefined
  if (scope?.split(' ').some((word) => !context.scopes.includes(word))) {
    return refusal('scope', 'invalid_scope', 'The requested scope is unknown.')
  }
  const resource = form.getAll('resource')
  const { resources } = context
  if (resources.length > 0 && resource.some((one) => !resources.includes(one))) {
    return refusal('target', 'invalid_target', 'The requested resource is unknown.')
  }
  const audience = form.get('audience') ?? undefined
  return { grant: { clientId: client.clientId, scope, audience, resource } }
}

/** An answer of the token endpoint is never cached (RFC 6749 section 5.1). */
export function oauthError(status: number, error: string, description?: string): SandboxReply {
  const body = { error, ...(description !== undefined && { error_description: description }) }
  return { status, headers: { 'cache-control': 'no-store' }, body }
}

function readForm(request: SandboxRequest): URLSearchParams | undefined {
  const type = request.header('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return undefined
  const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'))
  const names = [...form.keys()].filter((name) => name !== 'resource')
  return new Set(names).size === names.length ? form : undefined
}

function refusal(fault: GrantFault, error: string, description: string): GrantVerdict {
  return { fault, reply: oauthError(400, error, description) }
}

function unauthorized(request: SandboxRequest, fault: ClientFault): SandboxReply {
  const dated = fault === 'assertion-times' ? ' Check exp and iat.' : ''
  const reply = oauthError(401, 'invalid_client', `Client authentication failed.${dated}`)
  if (request.header('authorization') === undefined) return reply
  return { ...reply, headers: { ...reply.headers, 'www-authenticate': 'Basic realm="sandbox"' } }
}
