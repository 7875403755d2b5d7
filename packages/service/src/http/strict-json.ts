import { readText } from './body.ts'
import { shown } from './parameters.ts'
import { badParameter, ServiceProblem } from './problem.ts'

const MAX_DEPTH = 32

/**
 * Reads a JSON object that has these members and no others, each once. What is in them is checked by who
 * takes them, but for what nests too deep, and for `__proto__`, which has no business in any claim.
 */
export function readJson(
  bytes: Uint8Array,
  known: readonly string[],
): ReadonlyMap<string, unknown> {
  const text = readText(bytes)
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badBody('The body must be a JSON object.')
  }
  if (countMembers(value, 1) !== countWritten(text)) {
    throw badBody('A member of an object in the body comes twice.')
  }
  const members = new Map<string, unknown>(Object.entries(value))
  for (const name of members.keys()) {
    if (known.includes(name)) continue
    const takes = `It takes: ${known.join(', ')}.`
    throw badParameter(shown(name), `The body has no member "${shown(name)}". ${takes}`)
  }
  return members
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message repeats what came in.
    throw badBody('The body is not JSON.')
  }
}

/** The members of all objects in a parsed value: of two of one name, one is left. */
function countMembers(value: object, depth: number): number {
  if (depth > MAX_DEPTH) throw badBody(`The body nests more than ${MAX_DEPTH} levels deep.`)
  if (Object.hasOwn(value, '__proto__')) {
    throw badParameter('__proto__', 'No object may have a member "__proto__".')
  }
  const values: readonly unknown[] = Object.values(value)
  let members = Array.isArray(value) ? 0 : values.length
  for (const member of values) {
    if (typeof member === 'object' && member !== null) members += countMembers(member, depth + 1)
  }
  return members
}

/** The members that are written in a text that is JSON: the colons outside of strings. */
function countWritten(text: string): number {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
}

function badBody(message: string): ServiceProblem {
  return new ServiceProblem('ERR_BODY', message, { status: 400 })
}
