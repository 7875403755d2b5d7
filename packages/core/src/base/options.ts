import { type Clock, systemClock } from './clock.ts'
import { OptionError } from './errors.ts'

const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads a duration as people write it on a command line, and gives whole seconds: `20m`, `48h`, `90s`,
 * `1h30m`, `30d`; a number without a unit is seconds.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` when it is no duration, or out of bounds.
 *
 * @example
 * ```ts
 * import { requireDuration } from '@mayfly/core/adapter'
 *
 * console.log(requireDuration('1h30m', 'lifetime')) // 5400
 * ```
 */
export function requireDuration(value: unknown, name: string, bounds: NumberBounds = {}): number {
  if (typeof value !== 'string') throw noDuration(name, describe(value))
  const text = value.trim()
  if (/^\d{1,15}$/.test(text)) return requireNumber(Number(text), name, bounds)
  if (!/^(\d{1,12}d)?(\d{1,12}h)?(\d{1,12}m)?(\d{1,12}s)?$/.test(text) || text === '') {
    throw noDuration(name, `"${text.slice(0, 32)}"`)
  }
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    seconds += Number(amount) * (SECONDS_PER[unit ?? ''] ?? Number.NaN)
  }
  return requireNumber(seconds, name, bounds)
}

function noDuration(name: string, found: string): Error {
  return invalid(name, `"${name}" must be a duration such as 90s, 20m, 48h or 30d, not ${found}.`)
}

/** Past this a NumericDate or a lifetime can only be milliseconds (the year 5138 in seconds). */
const MILLISECONDS_FROM = 1e11

/** The bounds of a numeric option, both included. */
export interface NumberBounds {
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
  /** What the number counts; it goes into the message. Default `'seconds'`. */
  readonly unit?: string
}

/** Refuses anything but a plain options object. */
export function requireOptions(value: unknown, where: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'options', `${where}: pass an options object.`)
  }
}

/** Refuses option names that are not in `known`, and names the nearest one that is. */
export function refuseUnknownOptions(
  options: object,
  known: readonly string[],
  where: string,
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const nearest = nearestName(name, known)
    const hint =
      nearest === undefined ? `It takes: ${known.join(', ')}.` : `Did you mean "${nearest}"?`
    throw new OptionError(
      'ERR_OPTION_UNKNOWN',
      name,
      `${where}: there is no option "${name.slice(0, 64)}". ${hint}`,
    )
  }
}

/** Checks a numeric option that may be left out. */
export function optionalNumber(
  value: unknown,
  name: string,
  bounds: NumberBounds = {},
): number | undefined {
  return value === undefined ? undefined : requireNumber(value, name, bounds)
}

/** Checks a numeric option: finite, within its bounds, and not milliseconds where seconds are meant. */
export function requireNumber(value: unknown, name: string, bounds: NumberBounds = {}): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, integer = false, unit = 'seconds' } = bounds
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalid(name, `"${name}" must be a finite number of ${unit}, not ${describe(value)}.`)
  }
  if (unit === 'seconds' && value >= MILLISECONDS_FROM) {
    throw invalid(name, `"${name}" is ${value}: that looks like milliseconds; give seconds.`)
  }
  if (integer && !Number.isInteger(value)) {
    throw invalid(name, `"${name}" must be a whole number of ${unit}, not ${value}.`)
  }
  if (value < min) {
    throw invalid(name, `"${name}" must be at least ${min} ${unit}, not ${value}.`)
  }
  if (value > max) {
    throw invalid(name, `"${name}" must be at most ${max} ${unit}, not ${value}.`)
  }
  return value
}

/** Checks a string option: present, not empty, no longer than `max`. The value is never repeated. */
export function requireString(value: unknown, name: string, max = 2048): string {
  if (value === undefined || value === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', name, `"${name}" is required.`)
  }
  if (typeof value !== 'string') {
    throw invalid(name, `"${name}" must be a string, not ${describe(value)}.`)
  }
  if (value.length === 0) throw invalid(name, `"${name}" must not be empty.`)
  if (value.length > max) {
    throw invalid(
      name,
      `"${name}" must be at most ${max} characters long, and it has ${value.length}.`,
    )
  }
  return value
}

/** Checks a string option that may be left out. */
export function optionalString(value: unknown, name: string, max = 2048): string | undefined {
  return value === undefined ? undefined : requireString(value, name, max)
}

/** Checks an option that is one of a few words. */
export function requireOneOf<Word extends string>(
  value: unknown,
  name: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  const all = words.map((word) => `"${word}"`)
  const list = [all.slice(0, -1).join(', '), all.at(-1)].filter(Boolean).join(' or ')
  throw invalid(name, `"${name}" must be ${list}, not ${anotherWord(value, words)}`)
}

/** Says what came in the place of one of a few words, without repeating it. */
function anotherWord(value: unknown, words: readonly string[]): string {
  if (typeof value !== 'string' || value === '') return `${describe(value)}.`
  const nearest = nearestName(value, words)
  return nearest === undefined ? 'another text.' : `another text. Did you mean "${nearest}"?`
}

/** Checks a true-or-false option that may be left out. */
export function optionalBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid(name, `"${name}" must be true or false, not ${describe(value)}.`)
}

/** Checks an option that is a function and may be left out. */
export function optionalFunction<Shape>(value: Shape | undefined, name: string): Shape | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw invalid(name, `"${name}" must be a function, not ${describe(value)}.`)
}

/** Checks an option that is a list of strings and may be left out. Gives a copy. */
export function optionalStrings(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) {
    throw invalid(name, `"${name}" must be an array of strings, not ${describe(value)}.`)
  }
  return value.map((one: unknown) => requireString(one, name))
}

/** Checks the option `clock`. Where it is left out the clock is the machine's. */
export function clockOption(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock
  if (typeof clock?.now === 'function') return clock
  throw invalid(
    'clock',
    `"clock" must be an object with a method "now" that gives milliseconds, not ${describe(clock)}.`,
  )
}

/** Makes the error for an option whose value cannot be used. */
export function invalid(option: string, message: string, cause?: unknown): OptionError {
  return new OptionError(
    'ERR_OPTION_INVALID',
    option,
    message,
    cause === undefined ? undefined : { cause },
  )
}

/** Whether a value has a method: what an object can do tells roles apart where classes come in copies. */
export function hasMethod(value: unknown, name: string): boolean {
  return typeof Reflect.get(Object(value), name) === 'function'
}

/** Names a value's kind for a message, without repeating what it holds. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'undefined') return 'undefined'
  if (value === '') return 'an empty string'
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), limit)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + substitution,
        ),
      )
    }
    previous = current
  }
  return previous[b.length] ?? limit + 1
}

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
