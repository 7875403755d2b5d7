import type { Algorithm } from './algorithms.ts'
import { KeyError } from '../base/errors.ts'
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
function readPemText(raw: string): PemText {
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

/** What stands between the BEGIN and END of a PEM (RFC 7468). */
export interface PemBlock {
  /** The words after BEGIN. */
  readonly label: string
  readonly der: Uint8Array
  /** The text came without line ends, and may be damaged. */
  readonly oneLine: boolean
}

/** Begins as paths do, or ends as the names of files. No key is a line like this. */
const PATH =
  /^(?:file:\/\/|\.{0,2}\/|~\/|\.{0,2}\\|[A-Za-z]:[\\/])[^\r\n]*$|^[^\r\n]+\.[A-Za-z0-9]{1,8}$/

const BLOCK = /-----BEGIN ([A-Z0-9 ]+?)-----((?:(?!-----)[\s\S])*)-----END \1-----/g

/**
 * Finds the one key in a text. What is wrong with it is said in one sentence.
 *
 * @param algorithm what the key is for: the message to somebody who gave a path shows how to read it.
 */
export function readPem(raw: string, algorithm: Algorithm): PemBlock {
  const { text, oneLine } = readPemText(raw)
  if (text === '') throw new KeyError('ERR_KEY_EMPTY', 'The key is an empty text.')
  if (!text.includes('-----BEGIN')) throw noPem(text, algorithm)
  const blocks = [...text.matchAll(BLOCK)].map(([, label = '', body = '']) => ({ label, body }))
  if (blocks.length === 0) throw incomplete(text, oneLine)
  const keys = blocks.filter(({ label }) => label.endsWith(' KEY'))
  const [key] = keys
  if (key === undefined) throw noKey(blocks.map(({ label }) => label))
  if (keys.length > 1) {
    throw new KeyError('ERR_KEY_FORMAT', `The PEM holds ${keys.length} keys; give one of them.`)
  }
  return { label: key.label, der: decodeBody(key.label, key.body, oneLine), oneLine }
}

function decodeBody(label: string, body: string, oneLine: boolean): Uint8Array {
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED')) {
    throw new KeyError(
      'ERR_KEY_ENCRYPTED',
      'The private key is encrypted; decrypt it first, for example with openssl pkey -in FILE -out FILE.',
    )
  }
  const der = decodeBase64(body)
  if (der === undefined || der.length === 0) throw damaged(oneLine)
  return der
}

/** Says that what stands between BEGIN and END cannot be read. */
export function damaged(oneLine: boolean): KeyError {
  return oneLine
    ? new KeyError(
        'ERR_KEY_LOST_NEWLINES',
        'The PEM has lost its line ends, and more with them; give it with its line ends, or written as \\n, or the whole of it in base64.',
      )
    : new KeyError('ERR_KEY_FORMAT', 'What stands between BEGIN and END of the PEM is no key.')
}

function incomplete(text: string, oneLine: boolean): KeyError {
  if (/-----BEGIN [A-Z0-9 ]+-----\s*$/.test(text)) {
    return new KeyError(
      'ERR_KEY_LOST_NEWLINES',
      'Only the first line of the PEM is there; a value of several lines was cut off at its first line end.',
    )
  }
  if (oneLine) return damaged(oneLine)
  return new KeyError('ERR_KEY_FORMAT', 'The PEM has no END line that fits its BEGIN line.')
}

function noKey(labels: readonly string[]): KeyError {
  if (labels.some((label) => label.includes('CERTIFICATE'))) {
    return new KeyError(
      'ERR_KEY_CERTIFICATE',
      'This is a certificate, not a key; get its public key with openssl x509 -in FILE -pubkey -noout.',
    )
  }
  return new KeyError('ERR_KEY_FORMAT', 'The PEM holds no key.')
}

function noPem(text: string, algorithm: Algorithm): KeyError {
  if (/^(?:ssh-|ecdsa-|sk-)/.test(text)) return sshKey()
  if (PATH.test(text)) {
    return new KeyError(
      'ERR_KEY_FORMAT',
      `This text is no key. If it is the path of a file, give keyFile('…', '${algorithm}') from '@mayfly/core/node' instead.`,
    )
  }
  return new KeyError(
    'ERR_KEY_FORMAT',
    'This text is no PEM: it has no BEGIN line, so that it is not known what kind of key it is.',
  )
}

/** Says that a key is in OpenSSH's own format. */
export function sshKey(): KeyError {
  return new KeyError(
    'ERR_KEY_FORMAT',
    'This is a key in the format of OpenSSH; convert it with ssh-keygen -p -m PKCS8 -f FILE, or for a public key ssh-keygen -e -m PKCS8 -f FILE.',
  )
}
