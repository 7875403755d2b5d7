import { encodeBase64url } from '../../base/base64url.ts'

/** The fields that proxies pass a client's certificate on in. */
export type CertificateField = 'client-cert' | 'x-forwarded-client-cert'

/** A certificate as a proxy passes it on: whole, or by its SHA-256 thumbprint in base64url. */
export type Forwarded = { readonly der: Uint8Array } | { readonly thumbprint: string }

/**
 * Reads a forwarded certificate. `undefined`: the proxy has seen none. `null`: it cannot be read.
 *
 * @param values of the field, in the order in which they came.
 */
export function readForwarded(
  field: CertificateField,
  values: readonly string[],
): Forwarded | undefined | null {
  if (values.length === 0) return undefined
  return field === 'client-cert' ? readClientCert(values) : readForwardedClientCert(values)
}

/** A byte sequence of structured fields, which stands alone (RFC 9440 section 2.2, RFC 9651 section 3.3.5). */
function readClientCert(values: readonly string[]): Forwarded | null {
  const [, base64] = /^[ \t]*:([A-Za-z0-9+/]+={0,2}):[ \t]*$/.exec(values[0] ?? '') ?? []
  const der = values.length === 1 && base64 !== undefined ? bytesOf(base64) : undefined
  return der === undefined ? null : { der }
}

/** Each proxy adds an element at the end; the last is what the one has seen that sends the request. */
function readForwardedClientCert(values: readonly string[]): Forwarded | undefined | null {
  const element = splitOutsideQuotes(values.join(','), ',').at(-1) ?? ''
  const pairs = splitOutsideQuotes(element, ';').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals).trim().toLowerCase(), unquoted(pair.slice(equals + 1).trim())]
  })
  const named = (name: string): readonly string[] =>
    pairs.filter(([key]) => key === name).map(([, value]) => value)
  const [[hash, ...hashes], [cert, ...certs]] = [named('hash'), named('cert')]
  if (hashes.length > 0 || certs.length > 0) return null
  if (hash !== undefined && hash !== '') {
    if (!/^[0-9a-fA-F]{64}$/.test(hash)) return null
    return { thumbprint: encodeBase64url(bytesOfHex(hash)) }
  }
  if (cert === undefined || cert === '') return undefined
  const der = derOfPem(decoded(cert))
  return der === undefined ? null : { der }
}

/** Reads the one certificate of a PEM text. */
export function derOfPem(text: string): Uint8Array | undefined {
  const pem = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/
  const [, base64] = pem.exec(text) ?? []
  return base64 === undefined ? undefined : bytesOf(base64.replaceAll(/\s/g, ''))
}

/** Reads hexadecimal digits, with colons between or without. */
export function bytesOfHex(text: string): Uint8Array {
  const digits = text.replaceAll(':', '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  )
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (quoted && letter === '\\') at++
    else if (letter === '"') quoted = !quoted
    else if (!quoted && letter === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : text
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
  } catch {
    return undefined
  }
}
