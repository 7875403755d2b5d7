import { decodeBase64url } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import type { Algorithm } from './algorithms.ts'

/** What stands between the BEGIN and END of a PEM (RFC 7468). */
export interface PemBlock {
  /** The words after BEGIN. */
  readonly label: string
  readonly der: Uint8Array
  /** Set where the key is encrypted in the old way (RFC 1421), which only the whole text tells. */
  readonly sealed?: string
  /** The text came without line ends, and may be damaged. */
  readonly oneLine: boolean
}

const BEGIN = /-----\s*BEGIN/i
const BLOCK = /-----BEGIN ([A-Z0-9 ]+?)-----((?:(?!-----)[\s\S])*)-----END \1-----/g
/** What word processors and chats put in the place of hyphens, and how many of them are left. */
const BOUNDARY =
  /[-\u2010-\u2015\u2212]{1,16} ?(BEGIN|END) ([A-Z0-9 ]{1,64}?) ?[-\u2010-\u2015\u2212]{1,16}/g
/** Characters that take no room: soft hyphens, zero-width ones, marks of direction and byte order. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g
const ODD_SPACE = /[^\S\r\n\t ]/g
// Only from the first of several backslashes on: to try each of them would take the square of the time.
const WRITTEN_LINE_END = /(?<!\\)(?:(?:\\+r)?\\+n|\\+r)/g
/** What JSON writers make of `/`, `+` and `=`. */
const WRITTEN_CHARACTER = /\\u00([0-9a-f]{2})|\\(?=\/)/gi
const QUOTES = /^(["'`]|[\u2018-\u201f\u00ab\u00bb])([\s\S]*?)(?:\1|[\u2018-\u201f\u00ab\u00bb])$/

/**
 * Undoes what environment variables, consoles and word processors do to a key's text, where there is no
 * doubt what it was: characters that cannot be seen, quotes around it, other dashes, line ends written
 * as the two characters `\n`, and the whole of it in base64.
 */
export function readKeyText(raw: string): string {
  const visible = unquote(raw.replaceAll(INVISIBLE, '').replaceAll(ODD_SPACE, ' ').trim())
  const bytes = BEGIN.test(visible) ? undefined : decodeBase64(visible)
  const decoded = bytes && new TextDecoder().decode(bytes).replaceAll(INVISIBLE, '').trim()
  // A bare key may begin with the byte of a brace by accident, and hardly with a whole member.
  return decoded !== undefined && (BEGIN.test(decoded) || /^\{\s*["}]/.test(decoded))
    ? decoded
    : visible
}

function unquote(text: string): string {
  return (QUOTES.exec(text)?.[2] ?? text).trim()
}

/** Decodes base64 of either alphabet, padded or not, white space anywhere. Else `undefined`. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replaceAll(/\s+/g, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) return undefined
  return decodeBase64url(compact.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
}

/** Tells whether a text has the first line of a PEM somewhere. */
export function isPem(text: string): boolean {
  return (
    text.includes('-----BEGIN') ||
    /[-\u2010-\u2015\u2212]\s*BEGIN [A-Z0-9 ]+[-\u2010-\u2015\u2212]/.test(text)
  )
}

/** Finds the one key, or else the first certificate, in a text. */
export function readPem(given: string): PemBlock {
  const text = given
    .replaceAll(WRITTEN_LINE_END, '\n')
    .replaceAll(WRITTEN_CHARACTER, (_, code: string | undefined) =>
      code === undefined ? '' : String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(BOUNDARY, '-----$1 $2-----')
  const oneLine = !/[\r\n]/.test(text)
  const blocks = [...text.matchAll(BLOCK)]
  if (blocks.length === 0) throw incomplete(text, oneLine)
  const keys = blocks.filter(([, label = '']) => label.endsWith(' KEY'))
  const [block = blocks.find(([, label = '']) => /(?:^|X509 )CERTIFICATE$/.test(label))] = keys
  if (block === undefined) throw noKey(blocks.map(([, label = '']) => label))
  if (keys.length > 1) {
    throw new KeyError('ERR_KEY_FORMAT', `The PEM holds ${keys.length} keys; give one of them.`)
  }
  const [whole, label = '', body = ''] = block
  if (body.includes('ENCRYPTED')) return { label, der: new Uint8Array(), sealed: whole, oneLine }
  const der = decodeBase64(body)
  if (der !== undefined && der.length > 0) return { label, der, oneLine }
  throw strayCharacter(text, block.index + whole.indexOf(body), body) ?? damaged(oneLine)
}

/** Names the first character that no base64 has, and where it stands. */
function strayCharacter(text: string, start: number, body: string): KeyError | undefined {
  const at = body.search(/[^A-Za-z0-9+/=_\s-]/)
  if (at === -1) return undefined
  const character = String.fromCodePoint(body.codePointAt(at) ?? 0)
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const lines = text.slice(0, start + at).split(/\r\n|[\r\n]/)
  const shown = /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character)
    ? `"${character}" (U+${code})`
    : `U+${code}`
  return new KeyError(
    'ERR_KEY_FORMAT',
    `What stands between BEGIN and END of the PEM is no key: ${shown} in line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1} does not belong there.`,
  )
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
  return labels.some((label) => label.includes('CERTIFICATE'))
    ? certificate('This is a certificate request, or a certificate with more to it, not a key')
    : new KeyError('ERR_KEY_FORMAT', 'The PEM holds no key.')
}

/** Refuses a certificate where a key is needed. */
export function certificate(what = 'This is a certificate, not a key'): KeyError {
  return new KeyError(
    'ERR_KEY_CERTIFICATE',
    `${what}; get its public key with openssl x509 -in FILE -pubkey -noout.`,
  )
}

/** Begins as paths do, or ends as the names of files. No key is a line like this. */
const PATH =
  /^(?:file:\/\/|\.{0,2}\/|~\/|\.{0,2}\\|[A-Za-z]:[\\/])[^\r\n]*$|^[^\r\n]+\.[A-Za-z0-9]{1,8}$/

/** Says what a text is that is no key: to someone who gave a path, how to read it. */
export function noPem(text: string, algorithm: Algorithm): KeyError {
  if (/^(?:ssh-|ecdsa-|sk-|PuTTY-)/.test(text)) return sshKey()
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
