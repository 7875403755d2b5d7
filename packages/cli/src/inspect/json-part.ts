import { quoted } from '../text/visible.ts'
import { findBreak } from './json-scanner.ts'

/** A JSON object as it was parsed. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What came of a part of a token. */
export interface JsonPart {
  readonly value?: JsonObject
  /** What is wrong with it, in sentences that do not name the part. */
  readonly faults: readonly string[]
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the bytes of a part as one JSON object, and says what is wrong where. */
export function readJsonPart(bytes: Uint8Array): JsonPart {
  let text: string
  try {
    text = UTF8.decode(bytes)
  } catch {
    return { faults: ['is not UTF-8 text, so it is no JSON.'] }
  }
  const faults: string[] = []
  if (text.startsWith('\uFEFF')) faults.push('begins with a byte order mark.')
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { faults: [...faults, `is no JSON: ${whereIn(text)}`] }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { faults: [...faults, `is ${kindOf(value)}; it must be a JSON object.`] }
  }
  for (const name of repeatedNames(text)) {
    faults.push(`names ${quoted(name)} twice; readers differ in which one counts.`)
  }
  return { value: value as JsonObject, faults }
}

/** Says where JSON breaks off. What the runtime says of it would repeat the text. */
function whereIn(text: string): string {
  if (text.trim() === '') return 'it is empty.'
  const index = findBreak(text)
  if (index >= text.length) return 'it stops before its end.'
  const [character = ''] = text.slice(index)
  const before = text.slice(Math.max(0, index - 16), index)
  const after = before === '' ? 'at its very beginning' : `after ${quoted(before)}`
  return `character ${index + 1}, ${quoted(character)}, does not fit ${after}.`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'boolean' ? String(value) : `a ${typeof value}`
}

/** Finds the names that an object of a text, known to be JSON, has more than once. */
function repeatedNames(text: string): readonly string[] {
  const open: (Set<string> | undefined)[] = []
  const repeated = new Set<string>()
  let last = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const name = String(JSON.parse(last))
      const names = open.at(-1)
      if (names?.has(name) === true) repeated.add(name)
      names?.add(name)
    }
    last = token
  }
  return [...repeated]
}
