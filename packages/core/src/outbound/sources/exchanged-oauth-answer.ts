import { describe, invalid, requireString } from '../../base/options.ts'
import { SourceError } from '../../base/errors.ts'
import { parseJsonObject } from '../../base/json.ts'
import type { ExchangeResponse } from '../../http/exchange.ts'

// RFC 6749 is read here and not by oauth4webapi, which the tests compare with: its answers are read
// without a bound, and its errors carry them, tokens included.

/** A token as a server gave it. */
export interface GivenToken {
  readonly value: string
  /** Seconds that it lives from now. */
  readonly expiresIn?: number
  /** NumericDate (seconds) of its end on the server's clock, where the server says it so. */
  readonly expiresAt?: number
}

/** How an answer is read. */
export interface TokenReading {
  /** Seconds that a token lives whose answer does not say it, or not as a positive number. */
  readonly defaultLifetime?: number | undefined
  /** What helps against an answer without an end, for the message. */
  readonly hint?: string
  /** Values of `token_type` that are taken, in any case. Default: `Bearer`, or none at all. */
  readonly tokenTypes?: readonly string[] | undefined
}

/** Makes the error for an answer that holds no token that can be used. */
export function unusable(message: string): SourceError {
  return new SourceError('ERR_TOKEN_UNUSABLE', message)
}

/**
 * Reads the token of a successful answer (RFC 6749 section 5.1), as JSON or as a form.
 *
 * @throws {SourceError} `ERR_TOKEN_UNUSABLE` for a token that is missing, of another type, or without an
 * end; `ERR_MINT_FAILED` for an answer that is neither JSON nor a form.
 */
export function readTokenResponse(
  answer: ExchangeResponse,
  reading: TokenReading = {},
): GivenToken {
  const members = membersOf(answer)
  if (members === undefined) {
    throw new SourceError('ERR_MINT_FAILED', 'The answer is no JSON object.')
  }
  const { access_token: value, token_type: type, expires_in: expiresIn } = members
  if (typeof value !== 'string') {
    throw unusable(`"access_token" must be a string, not ${describe(value)}.`)
  }
  requireType(type, reading.tokenTypes ?? ['Bearer'])
  return { value, expiresIn: lifetimeOf(expiresIn, reading) }
}

function requireType(type: unknown, wanted: readonly string[]): void {
  const given = typeof type === 'string' ? type.trim().toLowerCase() : undefined
  // A server that has not bound its token to a key would say nothing, or "Bearer".
  if (given === undefined && !wanted.includes('DPoP')) return
  if (wanted.some((one) => one.toLowerCase() === given)) return
  throw unusable(
    wanted.includes('DPoP')
      ? '"token_type" is not "DPoP": the server has not bound the token to the key.'
      : `"token_type" is not ${wanted.map((one) => `"${one}"`).join(' or ')}: the token cannot be sent as one. Where the API takes it all the same, name what the server says in "tokenType".`,
  )
}

function lifetimeOf(expiresIn: unknown, { defaultLifetime, hint = '' }: TokenReading): number {
  // Some servers write the number as a string.
  const seconds = typeof expiresIn === 'string' && expiresIn !== '' ? Number(expiresIn) : expiresIn
  if (typeof seconds === 'number' && seconds >= 1 && seconds < 1e11) return seconds
  if (defaultLifetime !== undefined) return defaultLifetime
  throw unusable(
    seconds === undefined || seconds === null
      ? `"expires_in" is missing, so nobody can tell when the token ends.${hint}`
      : `"expires_in" must be a number of seconds from 1 on, not ${describe(expiresIn)}.${hint}`,
  )
}

/** Checks the option `tokenType`. */
export function compileTokenTypes(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw invalid('tokenType', '"tokenType" is empty; leave it out.')
  return list.map((one) => {
    const type = requireString(one, 'tokenType', 64)
    if (/^[\w.~+/-]+$/.test(type)) return type
    throw invalid('tokenType', '"tokenType" must be a word, or a list of words, such as "bearer".')
  })
}

/** What a server says when it gives no token. */
export interface Refusal {
  /** Its error code. */
  readonly error?: string | undefined
  /** Its explanation. It is cleaned before it goes into a message. */
  readonly description?: unknown
  /** No other try can help. Default: by the code, see `isPermanent`. */
  readonly permanent?: boolean | undefined
  /** How long the server wants to be left alone, in milliseconds, where `Retry-After` does not say. */
  readonly retryAfterMs?: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Errors that no other try can mend: those of RFC 6749 sections 4.1.2.1 and 5.2 and of RFC 8707
 * section 2, and what servers say in their place.
 */
const PERMANENT =
  /^(?:(?:invalid|incorrect|bad|unknown|unsupported|inactive|disabled|expired|revoked)_\w{1,60}|access_denied|account_inactive|unauthori[sz]ed(?:_client)?|unauthenticated|authentication_failed|permission_denied|forbidden|not_authed)$/

/** Tells whether an error code means that no other try can help. */
export function isPermanent(error: string | undefined): boolean {
  if (error === undefined) return false
  // `InvalidClient`, `INVALID_CLIENT` and `invalid-client` are one.
  const code = error.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[-.]/g, '_')
  return PERMANENT.test(code.toLowerCase())
}

/** Reads the members of an answer: of JSON, of the first object in a JSON array, or of a form. */
function membersOf({ text }: ExchangeResponse): Fields | undefined {
  const trimmed = text.trim()
  const unwrapped = /^\[\s*(\{[^]*\})\s*\]$/.exec(trimmed)?.[1] ?? trimmed
  const json = parseJsonObject(new TextEncoder().encode(unwrapped), { maxBytes: 262_144 })
  if (json !== undefined || !/^[\w.-]{1,64}=[^\s<>{}]*$/.test(trimmed)) return json
  return Object.fromEntries(new URLSearchParams(trimmed))
}

/** Reads a refusal: RFC 6749 section 5.2, and the shapes that servers give instead. */
export function readRefusal(answer: ExchangeResponse): Refusal {
  const members = membersOf(answer)
  if (members === undefined) return { description: wordsOf(answer.text) }
  const { error, errors, fault, detail } = members
  const inner = [error, Array.isArray(errors) ? errors[0] : errors, fault, detail].find(isFields)
  const texts = [Array.isArray(errors) ? errors[0] : errors, error].filter(isText)
  const levels = inner === undefined ? [members] : [inner, members]
  const codes = levels.flatMap((level) => pick(level, CODES)).map(String)
  // What is no code, as it has spaces in it, is an explanation.
  const code = codes.find((one) => /^[\w.-]{1,64}$/.test(one) && !/^\d+$/.test(one))
  const number = codes.find((one) => /^\d{1,12}$/.test(one))
  const words = levels.flatMap((level) => pick(level, WORDS)).filter(isText)
  const [description] = [...words, ...[...codes, ...texts].filter((one) => one !== code)]
  return { error: code ?? number, description: description === number ? undefined : description }
}

/** What a successful answer without a token says, where it says that there is none. */
export function refusalWithin(answer: ExchangeResponse): Refusal | undefined {
  const members = membersOf(answer)
  if (members === undefined) {
    const words = wordsOf(answer.text)
    return words !== undefined && REFUSES.test(words) ? { description: words } : undefined
  }
  const { ok, success, code, errcode = code, status = errcode } = members
  const named = ['error', 'errors', 'error_description', 'error_code', 'errorCode', 'fault'].some(
    (name) => Boolean(members[name]),
  )
  const failed =
    [ok, success].includes(false) || ['error', 'fail', 'failed'].includes(wordOf(status))
  const numbered = isNoSuccess(errcode) && pick(members, WORDS).length > 0
  return named || failed || numbered ? readRefusal(answer) : undefined
}

const CODES = [
  'error',
  'code',
  'error_code',
  'errorCode',
  'errorcode',
  'errcode',
  'Code',
  '__type',
].concat(['faultcode', 'type', 'status', 'reason'])
const WORDS = ['error_description', 'errorDescription', 'message', 'Message', 'error_message']
  .concat(['errorMessage', 'errorSummary', 'errmsg', 'msg', 'description', 'detail', 'details'])
  .concat(['faultstring', 'reason', 'title', 'statusMessage', 'hint'])

/** Words by which a page or a line of text tells that something was refused. */
const REFUSES =
  /error|invalid|incorrect|denied|unauthori[sz]ed|forbidden|not (?:found|allowed|permitted)|expired|revoked|wrong|fail|fault|reject|refus|bad request/i

function pick(fields: Fields, names: readonly string[]): readonly (string | number)[] {
  return names
    .map((name) => fields[name])
    .filter((value): value is string | number => isText(value) || typeof value === 'number')
}

/** Codes of 0 and of 200, and what says so in words, come with success. */
function isNoSuccess(code: unknown): boolean {
  return code !== undefined && !/^(?:|0|2\d\d|ok|success)$/i.test(wordOf(code))
}

/** The title of a page, or of an XML document what tells of the error, or the text itself. */
function wordsOf(body: string): string | undefined {
  const start = body.slice(0, 16_384)
  if (!/^\s*</.test(start)) return start.trim() === '' || /^\s*[[{]/.test(start) ? undefined : start
  const named =
    /<(?:\w+:)?(?:error_?description|message|faultstring|reason|text|title|h1|error)\b[^>]*>([^<]{1,1000})</i
  const [, found] = named.exec(start) ?? []
  return found === undefined ? undefined : unescape(found).replaceAll(/\s+/g, ' ').trim()
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** Undoes what HTML and XML write otherwise, so that a secret is found in it. */
function unescape(markup: string): string {
  return markup.replaceAll(/&(?:#(x?)([\da-f]{1,6})|(\w{2,4}));/gi, (all, hex, digits, name) => {
    if (typeof name === 'string') return ENTITIES[name.toLowerCase()] ?? all
    const code = Number.parseInt(digits, hex === '' ? 10 : 16)
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : ''
  })
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
