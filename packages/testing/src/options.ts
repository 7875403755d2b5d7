import { OptionError } from '@mayfly/core'

/** Refuses option names that are not known: a typo in a test's set-up must not pass for a default. */
export function refuseUnknown(options: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new OptionError(
    'ERR_OPTION_UNKNOWN',
    unknown,
    `${where}: there is no option "${unknown.slice(0, 64)}". It takes: ${known.join(', ')}.`,
  )
}

/** Checks a number: finite, and within its bounds. */
export function finiteNumber(value: unknown, name: string, min: number = -Infinity): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= min) return value
  const bounds = Number.isFinite(min) ? ` of at least ${min}` : ''
  const got = typeof value === 'number' ? value : typeof value
  throw invalidOption(name, `"${name}" must be a finite number${bounds}, not ${got}.`)
}

/** Checks a whole number within its bounds. */
export function wholeNumber(value: unknown, name: string, bounds: [number, number]): number {
  const [min, max] = bounds
  const number = finiteNumber(value, name, min)
  if (Number.isInteger(number) && number <= max) return number
  throw invalidOption(
    name,
    `"${name}" must be a whole number from ${min} to ${max}, not ${number}.`,
  )
}

/** Makes the error for an option whose value cannot be used. */
export function invalidOption(name: string, message: string): OptionError {
  return new OptionError('ERR_OPTION_INVALID', name, message)
}
