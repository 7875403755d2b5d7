import type { SandboxReply } from '../vendor.ts'
import type { VoicegainFault } from './judge.ts'

const TEXTS: Readonly<Partial<Record<VoicegainFault, string>>> = {
  'not-get': 'Only GET is supported.',
  aud: 'aud is required, and has at most 128 characters.',
  'exp-in-sec': 'expInSec must be from 1 to 3600.',
  api: 'api has at most 128 characters.',
  context: 'There is no such context.',
  origin: 'The token is for another origin.',
  'other-api': 'The token is for another API.',
}

const STATUSES: Readonly<Partial<Record<VoicegainFault, number>>> = {
  'not-get': 405,
  aud: 400,
  'exp-in-sec': 400,
  api: 400,
  context: 400,
  origin: 403,
  'other-api': 403,
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [429, 'Too Many Requests'],
])

/** The answer to a request that is refused for this. */
export function refusalFor(fault: VoicegainFault): SandboxReply {
  return errorReply(STATUSES[fault] ?? 401, TEXTS[fault])
}

/** Voicegain's form of an error. */
export function errorReply(status: number, detail?: string): SandboxReply {
  const reason = REASONS.get(status) ?? (status >= 500 ? 'Internal Server Error' : 'Error')
  return { status, body: { error: { reason, ...(detail !== undefined && { detail }) } } }
}
