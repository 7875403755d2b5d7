import { invalid, requireString } from './options.ts'

/** Characters that nobody sees, but for those that join what stands around them in some scripts. */
const UNSEEN = String.raw`\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff`
const FIRST = new RegExp(String.raw`^[\s${UNSEEN}]+`, 'u')
const LAST = new RegExp(String.raw`[\s${UNSEEN}]+$`, 'u')
const WITHIN_NAMES = new RegExp(`[${UNSEEN}]`, 'u')
const WITHIN_IDENTIFIERS = /[^\x21-\x7e]/u
const QUOTED = /^(["'`])[^]*\1$|^[“„][^]*[”“]$|^[‘‚][^]*[’‘]$/u

const KNOWN: ReadonlyMap<string, string> = new Map([
  [' ', 'a space'],
  ['\t', String.raw`a tab (\t)`],
  ['\n', String.raw`a line end (\n)`],
  ['\r', String.raw`a carriage return (\r)`],
  ['\r\n', String.raw`a line end (\r\n)`],
  ['\0', String.raw`a NUL character (\0)`],
  ['\u00a0', 'a no-break space (U+00A0)'],
  ['\u200b', 'a zero-width space (U+200B)'],
  ['\ufeff', 'a byte order mark (U+FEFF)'],
])

/**
 * Checks what a vendor gave a name to, such as a key: printable ASCII without spaces, and no quotes
 * around it. What was copied along with it is named, so that it is not signed in silence.
 */
export function requireIdentifier(value: unknown, name: string, max = 128): string {
  return refuse(requireString(value, name, max), name, WITHIN_IDENTIFIERS)
}

/** Checks a {@link requireIdentifier} that may be left out. */
export function optionalIdentifier(value: unknown, name: string, max = 128): string | undefined {
  return value === undefined ? undefined : requireIdentifier(value, name, max)
}

/** Checks what people give names to, such as a room: spaces and letters of all scripts within it. */
export function requireName(value: unknown, name: string, max = 2048): string {
  return refuse(requireString(value, name, max), name, WITHIN_NAMES)
}

/** Checks a {@link requireName} that may be left out. */
export function optionalName(value: unknown, name: string, max = 2048): string | undefined {
  return value === undefined ? undefined : requireName(value, name, max)
}

/**
 * Checks a secret that is text. What is there too much is named by its place; of the secret itself
 * nothing is shown.
 *
 * @param words whether spaces and letters beyond ASCII may stand within it. Default `true`.
 */
export function requireSecret(value: unknown, name: string, max = 4096, words = true): string {
  const within = words ? WITHIN_NAMES : WITHIN_IDENTIFIERS
  return refuse(requireString(value, name, max), name, within, true)
}

function refuse(text: string, name: string, within: RegExp, isSecret = false): string {
  const what = excess(text, within, isSecret)
  if (what === undefined) return text
  throw invalid(name, `"${name}" ${what}.`)
}

function excess(text: string, within: RegExp, isSecret: boolean): string | undefined {
  const [first] = FIRST.exec(text) ?? []
  if (first !== undefined) return `begins with ${nameOf(first, isSecret)}: remove it`
  const [last] = LAST.exec(text) ?? []
  if (last !== undefined) return `ends with ${nameOf(last, isSecret)}: remove it`
  if (QUOTED.test(text)) return 'is in quotes, which count as part of it: remove them'
  const found = within.exec(text)
  if (found === null) return undefined
  return `has ${nameOf(found[0], isSecret)} at position ${found.index + 1}: remove it`
}

/** Names a character, or the first of several, for a message; one of a secret only where it is no part of it. */
export function nameOf(run: string, isSecret = false): string {
  const [first = ''] = run
  const known = KNOWN.get(run) ?? KNOWN.get(first)
  if (known !== undefined) return isSecret && /\s/.test(first) ? `white space, ${known}` : known
  if (isSecret) return 'a character that cannot be part of it'
  const code = first.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  return `a character that cannot be part of it (U+${code})`
}
