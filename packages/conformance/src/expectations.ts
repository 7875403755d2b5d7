import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { Reason } from '@mayfly/core'
import type { ChallengeError, TokenScheme } from '@mayfly/core/adapter'
import { type Answer, jsonOf } from './http-client.ts'

/** A challenge taken apart (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: string
  readonly params: Readonly<Record<string, string>>
}

/** How an answer must refuse. */
export interface Refusal {
  readonly status: number
  readonly reason: Reason
  /** The challenge's `error`; `null` for a challenge without one; left out: no challenge at all. */
  readonly error?: ChallengeError['error'] | null
  /** The challenge's scheme. Default `Bearer`. */
  readonly scheme?: TokenScheme
}

/**
 * Asserts that an answer refuses as RFC 6750 and RFC 9457 want it: status, challenge, problem body,
 * and nothing that a cache may keep.
 */
export function assertRefused(answer: Answer, refusal: Refusal): void {
  const { status, reason, error, scheme: expected = 'Bearer' } = refusal
  equal(answer.status, status)
  assertProblem(answer, reason)
  match(answer.headers['cache-control'] ?? '', /\bno-store\b/, 'a refusal is not to be cached')
  const field = answer.headers['www-authenticate']
  if (error === undefined) return equal(field, undefined, 'there is nothing to be challenged')
  const { scheme, params } = parseChallenge(field ?? '')
  equal(scheme, expected)
  equal(params['algs'] !== undefined, expected === 'DPoP', 'DPoP names the algorithms of proofs')
  equal(params['error'], error ?? undefined)
  ok(params['realm'] !== undefined, 'the challenge names a realm')
}

const PROBLEM_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'title',
  'status',
  'detail',
  'reason',
  'claim',
  'origin',
])

/** Asserts that the body is problem details that give a reason and nothing unexpected. */
export function assertProblem(answer: Answer, reason: Reason): void {
  match(answer.headers['content-type'] ?? '', /^application\/problem\+json(?:;|$)/)
  const problem = jsonOf(answer) as Record<string, unknown>
  equal(problem['status'], answer.status)
  equal(problem['reason'], reason)
  for (const member of ['type', 'title', 'detail']) equal(typeof problem[member], 'string', member)
  deepEqual(
    Object.keys(problem).filter((member) => !PROBLEM_MEMBERS.has(member)),
    [],
  )
}

/** Asserts that an answer is 200 with this JSON body. */
export function assertJson(answer: Answer, expected: unknown): void {
  equal(answer.status, 200, answer.text)
  match(answer.headers['content-type'] ?? '', /^application\/json(?:;|$)/)
  deepEqual(jsonOf(answer), expected)
}

/** Asserts that no part of an answer holds a text, such as a token. */
export function assertNowhere(answer: Answer, secret: string): void {
  ok(secret.length > 0)
  const everything = `${JSON.stringify(answer.headers)}\n${answer.text}`
  ok(!everything.includes(secret), 'the answer repeats what it must not')
}

/** Asserts that an answer has no CORS field: those are the business of the CORS middleware. */
export function assertNoCors(answer: Answer): void {
  const fields = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
  deepEqual(fields, [])
}

/** The fields that an answer says it varies with, in lower case. */
export function varyOf(answer: Answer): readonly string[] {
  const names = (answer.headers.vary ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '')
}

/** Takes a challenge apart, and fails on one that is not well-formed. */
export function parseChallenge(field: string): Challenge {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+) (.*)$/.exec(field) ?? []
  ok(scheme !== '', `not a challenge: ${field}`)
  const param = /([a-z_]+)="((?:[^"\\]|\\.)*)"(?:, |$)/y
  const params: Record<string, string> = {}
  while (param.lastIndex < rest.length) {
    const found = param.exec(rest)
    if (found === null) throw new Error(`not a well-formed challenge: ${field}`)
    const [, name = '', value = ''] = found
    ok(!(name in params), `${name} stands twice in a challenge`)
    params[name] = value.replaceAll(/\\(.)/g, '$1')
  }
  return { scheme, params }
}
