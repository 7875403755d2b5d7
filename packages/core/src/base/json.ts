/** A JSON object as it was parsed. */
export type JsonObject = Record<string, unknown>

/** The bounds of {@link parseJsonObject}. */
export interface JsonBounds {
  /** How deep objects and arrays may nest, the outermost object included. Default 32. */
  readonly maxDepth?: number
  /** How many bytes the text may have. Default 65 536. */
  readonly maxBytes?: number
  /**
   * Takes members named twice, of which the last counts, but for these at the top. For documents that were
   * fetched.
   */
  readonly once?: readonly string[]
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses bytes as one JSON object (RFC 8259) in UTF-8 without a byte order mark, no member named
 * twice in any object, nested and sized within bounds. Anything else is `undefined`.
 */
export function parseJsonObject(
  bytes: Uint8Array,
  bounds: JsonBounds = {},
): JsonObject | undefined {
  const { maxDepth = 32, maxBytes = 65_536, once } = bounds
  // Most of what is no token is found out here: a decoder or a parser that throws takes far longer.
  if (bytes.length > maxBytes || !beginsObject(bytes)) return undefined
  try {
    const text = UTF8.decode(bytes)
    const members = countMembers(text, maxDepth)
    if (members === undefined) return undefined
    const value: unknown = JSON.parse(text)
    // A member that is named twice is parsed once, so that fewer come out than were written.
    if (!isObject(value)) return undefined
    if (once === undefined) return countParsed(value) === members ? value : undefined
    const names = namesAtTop(text)
    return once.every((name) => names.indexOf(name) === names.lastIndexOf(name)) ? value : undefined
  } catch {
    return undefined
  }
}

/** Looks past the white space of RFC 8259 section 2. */
function beginsObject(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && (byte < 0x09 || byte > 0x0d))
  return first === BRACE
}

/**
 * Counts the members that are written in a text, which is meant to be JSON: the colons outside of
 * strings. `undefined` when it nests too deep, which is found out before any parser sees it.
 */
function countMembers(text: string, maxDepth: number): number | undefined {
  let depth = 0
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at)
    if (letter === QUOTE) {
      at = endOfString(text, at)
    } else if (letter === COLON) {
      members++
    } else if (letter === BRACE || letter === BRACKET) {
      if (++depth > maxDepth) return undefined
    } else if (letter === CLOSING_BRACE || letter === CLOSING_BRACKET) {
      depth--
    }
  }
  return members
}

/** Lists the names of the members of a sound JSON object, as often as they are written. */
function namesAtTop(text: string): readonly string[] {
  const names: string[] = []
  let depth = 0
  for (const [token, string] of text.matchAll(/("(?:[^"\\]|\\.)*")(?:\s*:)?|[{}[\]]/g)) {
    if (string === undefined) depth += token === '{' || token === '[' ? 1 : -1
    else if (depth === 1 && token !== string) names.push(JSON.parse(string) as string)
  }
  return names
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** Finds the quote that closes a string. Of a string that never ends, the parser will complain. */
function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let before = end
    while (text.charCodeAt(before - 1) === BACKSLASH) before--
    if ((end - before) % 2 === 0) return end
  }
}

/** Counts the members of a parsed value, whose depth is known to be bounded. */
function countParsed(value: object): number {
  let members = 0
  const list: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  if (!Array.isArray(value)) members += list.length
  for (const item of list) {
    if (typeof item === 'object' && item !== null) members += countParsed(item)
  }
  return members
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a number is one that its text may not have said: an integer beyond 2^53, or none at all. */
function isInexact(value: unknown): boolean {
  if (typeof value !== 'number') return false
  return Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
}

/** Finds a number that was not parsed as it is written, by its path. */
export function inexactNumber(value: object): string | undefined {
  for (const name of Object.keys(value)) {
    const member = (value as JsonObject)[name]
    if (isInexact(member)) return name
    const inner = isNested(member) ? inexactNumber(member) : undefined
    if (inner !== undefined) return `${name}.${inner}`
  }
  return undefined
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Writes the integers of a sound JSON text that a parser would change as strings of their digits. */
export function quoteLargeIntegers(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (part) =>
    /^-?\d+$/.test(part) && isInexact(Number(part)) ? `"${part}"` : part,
  )
}
