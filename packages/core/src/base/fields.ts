import { OptionError } from './errors.ts'
import { describe, invalid, refuseUnknownOptions } from './options.ts'

/** Checks one member of an object under its full name, and gives the value to keep. */
export type FieldCheck = (value: unknown, name: string) => unknown

/** The members that an object may have. */
export type Fields = Readonly<Record<string, FieldCheck>>

/**
 * Checks and copies an object that is part of an option. Members that are `undefined` are left out.
 *
 * @param where the full name of the object, such as `grants.voice`.
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` for a member that is not in `fields`, with the nearest one
 * that is; `ERR_OPTION_REQUIRED` for `undefined`, `ERR_OPTION_INVALID` for anything else but an object.
 */
export function readFields(
  value: unknown,
  where: string,
  fields: Fields,
): Readonly<Record<string, unknown>> {
  if (value === undefined) {
    throw new OptionError('ERR_OPTION_REQUIRED', where, `"${where}" is required.`)
  }
  requireObject(value, where)
  refuseUnknownOptions(value, Object.keys(fields), where)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.map(([name, member]) => [name, fields[name]?.(member, `${where}.${name}`)]),
  )
}

/** Checks a member that is an object of its own. */
export function objectOf(fields: Fields): FieldCheck {
  return (value, name) => readFields(value, name, fields)
}

/** Checks and copies a member that is any JSON object. */
export function jsonObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  requireObject(value, name)
  try {
    return JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  } catch (cause) {
    throw invalid(name, `"${name}" must be plain JSON.`, cause)
  }
}

function requireObject(value: unknown, name: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw invalid(name, `"${name}" must be an object, not ${describe(value)}.`)
}
