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
  const isClientFault = status >= 400 && status < 500
  const retryAfterMs = retryAfterOf(headers, receivedAt) ?? refusal.retryAfterMs
  const permanent = refusal.permanent ?? isPermanent(refusal.error)
  const said = quoteServer(refusal.description, request)
  const message = [
    `${nameOfUrl(request.url)} answered ${status}`,
    refusal.error === undefined ? '' : ` ${quoteServer(refusal.error, request) ?? ''}`,
    said === undefined ? '.' : `: ${said.replace(/[.\s]*$/, '.')}`,
    clockHint(offsetMs),
  ]
  return new SourceError(isClientFault ? 'ERR_MINT_REFUSED' : 'ERR_MINT_FAILED', message.join(''), {
    // A busy server is no verdict, whatever its answer's body says.
    permanent: permanent && isClientFault && status !== 408 && status !== 429,
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

/** Form fields whose values are never repeated. */
const SECRET_FIELDS = [
  'client_secret',
  'client_assertion',
  'assertion',
  'refresh_token',
  'password',
] as const

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * Repeats what a server said, for a message: on one line, shortened, without queries, without what the
 * request was authorised by, and without anything that looks like a token.
 */
export function quoteServer(words: unknown, request: ExchangeRequest): string | undefined {
  if (typeof words !== 'string') return undefined
  let text = words
  for (const secret of secretsOf(request)) text = text.replaceAll(secret, '[hidden]')
  text = text
    .replaceAll(/\?[^\s"'<>]+/g, '')
    .replaceAll(/[A-Za-z0-9_+=-]{32,}/g, (run) => (UUID.test(run) ? run : '[hidden]'))
    .replaceAll(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ')
    .trim()
  if (text === '') return undefined
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}

function secretsOf({ headers = {}, body }: ExchangeRequest): readonly string[] {
  const found: (string | null | undefined)[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== 'authorization') continue
    const [scheme = '', credential = ''] = value.split(' ', 2)
    found.push(credential)
    if (scheme.toLowerCase() === 'basic') found.push(...passwordOf(credential))
  }
  if (body instanceof URLSearchParams) found.push(...SECRET_FIELDS.map((name) => body.get(name)))
  return found.flatMap((secret) => spellings(secret ?? ''))
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
