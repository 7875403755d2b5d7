import { decodeBase64url } from '../base/base64url.ts'

/** The text of a PEM as it was meant, and what became of its lines. */
export interface PemText {
  readonly text: string
  /** Everything stands on one line, as it does in many environment variables. */
  readonly oneLine: boolean
}

/**
 * Undoes what environment variables and consoles do to a PEM, where there is no doubt what it was:
 * quotes around it, line ends written as the two characters `\n`, and the whole of it in base64.
 */
export function readPemText(raw: string): PemText {
  const unquoted = unquote(withoutMark(raw).trim())
  const decoded = BEGIN.test(unquoted) ? undefined : decodeBase64Text(unquoted)
  const found = decoded !== undefined && BEGIN.test(decoded) ? decoded.trim() : unquoted
  const text = found.replaceAll(WRITTEN_LINE_END, '\n')
  return { text, oneLine: !/[\r\n]/.test(text) }
}

/** Decodes padded or unpadded base64, with white space anywhere. Anything else is `undefined`. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replaceAll(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined
  return decodeBase64url(compact.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
}

const BEGIN = /-----\s*BEGIN/i
// Only from the first of several backslashes on: to try each of them would take the square of the time.
const WRITTEN_LINE_END = /(?<!\\)(?:(?:\\+r)?\\+n|\\+r)/g

function withoutMark(text: string): string {
  return text.codePointAt(0) === 0xfeff ? text.slice(1) : text
}

function unquote(text: string): string {
  const [first] = text
  const isQuoted = (first === '"' || first === "'") && text.length > 1 && text.endsWith(first)
  return isQuoted ? text.slice(1, -1).trim() : text
}

function decodeBase64Text(text: string): string | undefined {
  const bytes = decodeBase64(text)
  return bytes && new TextDecoder().decode(bytes)
}
