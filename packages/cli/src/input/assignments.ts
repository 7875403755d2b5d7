import { UsageError } from '../usage-error.ts'
import type { BareValue } from '../vendors/option.ts'

const NAME = /^[A-Za-z_@$:/][\w@$:/.#-]*$/

/**
 * Reads `name=text`, `name:=json` and, where `bare` says what that means, `name` alone, into one object.
 * With `bare` a dot in a name leads into an object: `video.room=cars`.
 *
 * @throws {UsageError} which names the option and the name, never the value.
 */
export function parseAssignments(
  texts: readonly string[],
  flag: string,
  bare?: BareValue,
): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const text of texts) {
    const { name, value } = parseOne(text, flag, bare)
    put(object, { path: bare === undefined ? [name] : name.split('.'), value, flag })
  }
  return { ...object }
}

function parseOne(
  text: string,
  flag: string,
  bare: BareValue | undefined,
): { name: string; value: unknown } {
  const at = text.indexOf('=')
  const isJson = at > 0 && text[at - 1] === ':'
  const name = at < 0 ? text : text.slice(0, isJson ? at - 1 : at)
  if (!NAME.test(name) || (at < 0 && bare === undefined)) {
    throw new UsageError(`${flag} takes name=text, or name:=json for numbers, lists and the like.`)
  }
  if (at >= 0) {
    const value = text.slice(at + 1)
    return { name, value: isJson ? parseJson(value, name, flag) : value }
  }
  return { name, value: bare === 'object' && !name.includes('.') ? {} : true }
}

function parseJson(text: string, name: string, flag: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new UsageError(
      `${flag} ${name}:= takes JSON, and what follows is none. For plain text write ${name}=text.`,
    )
  }
}

function put(
  object: Record<string, unknown>,
  { path, value, flag }: { path: readonly string[]; value: unknown; flag: string },
): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    const isRepeated = name in object && !(isObject(value) && isObject(object[name]))
    if (isRepeated) throw new UsageError(`${flag} has "${name}" twice.`)
    object[name] = isObject(value) && isObject(object[name]) ? { ...object[name], ...value } : value
    return
  }
  const inner = object[name] ?? {}
  if (!isObject(inner)) throw new UsageError(`${flag} has "${name}" both with and without a dot.`)
  const copy = { ...inner }
  put(copy, { path: rest, value, flag })
  object[name] = copy
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
