import type { ExchangeRequest, ExchangeResponse } from '../../http/exchange.ts'
import { SourceError } from '../../base/errors.ts'
import { nameOfUrl } from '../../http/endpoint.ts'
import { retryAfterOf } from '../../http/call.ts'
import { isPermanent, type Refusal } from './exchanged-oauth-answer.ts'

/** Past this a wrong clock is worth a word: no server allows for that much. */
const NOTABLE_OFFSET_MS = 10_000

/** Makes the error of an answer that brought no token. */
export function refusalError(
  answer: ExchangeResponse,
  refusal: Refusal,
  { request, offsetMs }: { readonly request: ExchangeRequest; readonly offsetMs: number },
): SourceError {
  const { status, headers, receivedAt } = answer
  const isRefused = status < 500
  const retryAfterMs = retryAfterOf(headers, receivedAt) ?? refusal.retryAfterMs
  const permanent = refusal.permanent ?? isPermanent(refusal.error)
  const said = quoteServer(refusal.description, request)
  const message = [
    `${nameOfUrl(request.url)} answered ${status}`,
    refusal.error === undefined ? '' : ` ${quoteServer(refusal.error, request) ?? ''}`,
    said === undefined ? '.' : `: ${said.replace(/[.\s]*$/, '.')}`,
    clockHint(offsetMs),
  ]
  return new SourceError(isRefused ? 'ERR_MINT_REFUSED' : 'ERR_MINT_FAILED', message.join(''), {
    // A busy server is no verdict, whatever its answer's body says.
    permanent: permanent && isRefused && status !== 408 && status !== 429,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function clockHint(offsetMs: number): string {
  if (Math.abs(offsetMs) < NOTABLE_OFFSET_MS) return ''
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  const side = offsetMs > 0 ? 'behind' : 'ahead of'
  return ` By its Date header the local clock is ${seconds} s ${side} the server's.`
}

const MAX_LENGTH = 300
const HIDDEN = '[hidden]'

/** Fields and members whose values may stand in what a server says; the members of lists among them. */
const OPEN_FIELDS =
  /^(?:\d+|grant_type|client_id|client_assertion_type|scope|aud|audience|resource|contextId|account_id|accept|content-type|user-agent|x-.*-version)$/i
const SECRET_FIELDS = /secret|token|assertion|passw|key|cookie|auth|sig|pin|otp|code/i

/** What is sent under another name may be a secret where it is long enough for one. */
function isSecret(name: string, value: string): boolean {
  return !OPEN_FIELDS.test(name) && (SECRET_FIELDS.test(name) || value.length >= 12)
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * Repeats what a server said, for a message: on one line, shortened, without queries, without what the
 * request was authorised by, and without anything that looks like a token.
 */
export function quoteServer(words: unknown, request: ExchangeRequest): string | undefined {
  if (typeof words !== 'string') return undefined
  const secrets = secretsOf(request)
  let text = words
  for (const secret of secrets) text = text.replaceAll(secret, HIDDEN)
  text = text
    .replaceAll(/\?[^\s"'<>]+/g, '')
    .replaceAll(/eyJ[\w-]{4,}|[A-Za-z0-9_+=-]{32,}/g, (run) => (UUID.test(run) ? run : HIDDEN))
    // A piece of a secret, as where a server cuts it short, or writes it in another case.
    .replaceAll(/[^\s"'<>,;()[\]]{8,}/g, (run) =>
      secrets.some((secret) => secret.toLowerCase().includes(run.toLowerCase())) ? HIDDEN : run,
    )
    .replaceAll(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ')
    .trim()
  if (text === '') return undefined
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}

/** All that was sent and may be secret, the longest first. */
function secretsOf({ url, headers = {}, body }: ExchangeRequest): readonly string[] {
  const found = [
    ...Object.entries(headers).flatMap(([name, value]) => credentialsOf(name, value)),
    ...(typeof body === 'string' ? jsonTexts(body) : body === undefined ? [] : secretFields(body)),
    ...secretFields(url.searchParams),
  ]
  return found.flatMap(spellings).toSorted((a, b) => b.length - a.length)
}

function credentialsOf(name: string, value: string): readonly string[] {
  if (!/^(?:proxy-)?authorization$/i.test(name)) return isSecret(name, value) ? [value] : []
  const [scheme = '', credential = ''] = value.split(' ', 2)
  return scheme.toLowerCase() === 'basic' ? [credential, ...passwordOf(credential)] : [credential]
}

function secretFields(fields: URLSearchParams): readonly string[] {
  return [...fields].flatMap(([name, value]) => (isSecret(name, value) ? [value] : []))
}

/** The texts in a body that is JSON, whatever its shape. */
function jsonTexts(body: string): readonly string[] {
  const texts: string[] = []
  try {
    JSON.parse(body, (name, value: unknown) => {
      if (typeof value === 'string' && isSecret(name, value)) texts.push(value)
      return value
    })
  } catch {
    return [body]
  }
  return texts
}

/** A secret as it is meant, and as it stands in a form or a URL: the longest first. */
function spellings(secret: string): readonly string[] {
  if (secret === '') return []
  const encoded = new URLSearchParams([['', secret]]).toString().slice(1)
  return [encodeURIComponent(secret), encoded, secret]
}

/** The password of Basic credentials, as it was sent and as it was meant. */
function passwordOf(credential: string): readonly string[] {
  try {
    const decoded = atob(credential)
    const password = decoded.slice(decoded.indexOf(':') + 1)
    return [password, new URLSearchParams(`p=${password}`).get('p') ?? password]
  } catch {
    return []
  }
}
