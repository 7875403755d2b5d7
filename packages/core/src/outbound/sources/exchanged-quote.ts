import type { ExchangeRequest } from '../../http/exchange.ts'

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
