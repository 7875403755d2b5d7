import { quoted } from '../../text/visible.ts'

/** Judges a value. What it gives goes behind the name: `must be …`. */
export type Check = (value: unknown) => string | undefined

/** Text, not empty, of at most `max` characters. */
export function text(max = 2048): Check {
  return (value) => {
    if (typeof value !== 'string') return `must be text, and is ${kindOf(value)}.`
    if (value === '') return 'must not be empty.'
    return value.length > max
      ? `must have at most ${max} characters, and has ${value.length}.`
      : undefined
  }
}

/** Text of one pattern, which `says` describes. */
export function pattern(expression: RegExp, says: string): Check {
  return (value) => {
    if (typeof value !== 'string') return `must be text, and is ${kindOf(value)}: ${says}.`
    return expression.test(value) ? undefined : `must be ${says}, and is ${quoted(value)}.`
  }
}

/** One of a few values, of the very type. */
export function oneOf(...values: readonly (string | number | boolean)[]): Check {
  const list = values.map((value) => JSON.stringify(value)).join(' or ')
  return (value) => {
    if (values.some((one) => one === value)) return undefined
    const hint = values.some((one) => String(one) === String(value)) ? ' (another type)' : ''
    return `must be ${list}, and is ${shown(value)}${hint}.`
  }
}

/** A list, not empty, each entry of which passes. */
export function listOf(check: Check, what: string): Check {
  return (value) => {
    if (!Array.isArray(value)) return `must be an array of ${what}, and is ${kindOf(value)}.`
    if (value.length === 0) return `must not be empty: an array of ${what}.`
    for (const [index, entry] of value.entries()) {
      const fault = check(entry)
      if (fault !== undefined) return `is wrong at entry ${index + 1}, which ${fault}`
    }
    return undefined
  }
}

/** A JSON object. */
export function object(): Check {
  return (value) => (isObject(value) ? undefined : `must be an object, and is ${kindOf(value)}.`)
}

/** Text or an array of texts, as `aud` may be. */
export function audience(): Check {
  return (value) => (typeof value === 'string' ? text()(value) : listOf(text(), 'texts')(value))
}

/** Tells whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names a value's kind for a message. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}

/** Shows a value where it is short, and its kind where it is not. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}
