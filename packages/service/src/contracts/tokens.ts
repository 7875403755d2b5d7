import { jsonResponse } from '../http/answer.ts'
import { readJson } from '../http/strict-json.ts'
import type { Operation } from '../http/operation.ts'
import { badParameter } from '../http/problem.ts'
import type { ServiceContext } from './context.ts'
import { inexactPart } from './exact.ts'
import { requireOrigin } from './origins.ts'
import { requireClient } from './visible.ts'

const MEMBERS = ['audience', 'origins', 'expiresIn', 'subject', 'claims'] as const
const MAX_TEXT = 2048
const MAX_ENTRIES = 20
const MAX_ORIGIN = 320

type Body = ReadonlyMap<string, unknown>

/** `POST /tokens`: tokens for one's own audiences. */
export function tokenOperations(context: ServiceContext): readonly Operation[] {
  const { mint, clients, maxLifetime } = context
  return [
    {
      method: 'POST',
      path: '/tokens',
      access: ['tokens:issue'],
      body: { type: 'json', required: true },
      handle: async (call) => {
        const client = requireClient(call)
        const body = readJson(call.body, MEMBERS)
        const subject = readSubject(body.get('subject')) ?? clients.usualSubject(client)
        const [audiences, origins] = readAudience(body)
        const lifetime = readLifetime(body.get('expiresIn'), maxLifetime)
        const claims = readClaims(body.get('claims'))
        const scope = readScope(claims['scope'])
        clients.require(client, { audiences, origins, subject, scope, lifetime })
        const minted = await mint.issue({
          kind: 'token',
          type: 'JWT',
          clientId: client.id,
          audience: [...audiences, ...origins],
          lifetime,
          claims,
          ...(subject !== undefined && { subject }),
        })
        const { value: token, tokenId, issuedAt, expiresAt } = minted
        return jsonResponse({ token, tokenId, issuedAt, expiresAt }, 201)
      },
    },
  ]
}

/** The APIs and the sites that a token is for. */
function readAudience(body: Body): readonly [readonly string[], readonly string[]] {
  const audience = readNames(body.get('audience'))
  const given: unknown = body.get('origins') ?? []
  if (!Array.isArray(given) || given.length > MAX_ENTRIES) {
    throw badParameter('origins', `"origins" must be a list of at most ${MAX_ENTRIES} origins.`)
  }
  const origins = given.map((origin: unknown) =>
    requireOrigin(requireText(origin, 'origins', MAX_ORIGIN), 'origins'),
  )
  const all = [...audience, ...origins]
  if (new Set(all).size === all.length) return [audience, origins]
  throw badParameter('audience', 'An audience or origin comes twice.')
}

function readNames(given: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (given === undefined || list.length === 0 || list.length > MAX_ENTRIES) {
    const message = `"audience" is required: one name, or a list of 1 to ${MAX_ENTRIES}.`
    throw badParameter('audience', message)
  }
  const names = list.map((name) => requireText(name, 'audience', MAX_TEXT))
  // A verifier that binds to origins would take these for patterns, which nobody has checked.
  if (names.some((name) => name.includes('*') || name === 'null' || name === 'file://')) {
    throw badParameter('audience', '"audience" names APIs. Give origins as "origins".')
  }
  return names
}

function readLifetime(given: unknown, max: number): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= max) {
    return given
  }
  const message = `"expiresIn" must be a whole number of seconds from 1 to ${max}.`
  throw badParameter('expiresIn', message)
}

function readSubject(given: unknown): string | undefined {
  return given === undefined ? undefined : requireText(given, 'subject', MAX_TEXT)
}

/** A scope in another form would slip through the bounds, or be refused by verifiers. */
function readScope(scope: unknown): string | undefined {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const isSound = typeof scope === 'string' && !/[\u0000-\u001f\u007f]/.test(scope)
  if (scope === undefined || isSound) return scope
  throw badParameter(
    'claims',
    '"claims" may hold a "scope" that is text alone, without control characters.',
  )
}

/** What the service writes itself, and `gen`, by which verifiers count generations. */
const OWN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'gen',
])

function readClaims(given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badParameter('claims', '"claims" must be an object.')
  }
  const own = Object.keys(given).find((claim) => OWN_CLAIMS.has(claim))
  const inexact = inexactPart(given)
  if (inexact !== undefined) throw badParameter('claims', `"claims" hold ${inexact}.`)
  if (own === undefined) return given as Readonly<Record<string, unknown>>
  throw badParameter('claims', `"claims" may not hold "${own}": the service writes that itself.`)
}

function requireText(given: unknown, member: string, max: number): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const sound = typeof given === 'string' && /^[^\u0000-\u001f\u007f\p{Cs}]+$/u.test(given)
  if (sound && given.length <= max) return given
  throw badParameter(member, `"${member}" must be text of 1 to ${max} characters.`)
}
