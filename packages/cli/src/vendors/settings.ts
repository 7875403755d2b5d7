import { randomUUID } from 'node:crypto'
import { parseAssignments } from '../input/assignments.ts'
import { parseDuration } from '../input/duration.ts'
import { parseTime } from '../input/time.ts'
import type { CliIo } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import {
  attributeOf,
  choiceOf,
  longOf,
  propertyOf,
  type Settings,
  type VendorOption,
} from './option.ts'
import { quickstartVariable } from './quickstart.ts'

/** What commander found: text, several texts, or `true`. */
export type RawOptions = Readonly<Record<string, unknown>>

/**
 * The environment variable that an option may come from: `MAYFLY_APNS_KEY_ID` for `--key-id` of `apns`.
 */
export function variableOf(vendor: string, flags: string): string {
  const words = `mayfly-${vendor}-${longOf(flags).slice(2)}`
  return words.toUpperCase().replaceAll('-', '_')
}

/** Where {@link readSettings} looks. */
interface SettingsFrom {
  readonly raw: RawOptions
  readonly env: CliIo['env']
  /** Is told of each option that came from a variable of the vendor's own quickstart. */
  readonly onQuickstart: (flag: string, variable: string) => void
}

/**
 * An option's text from the command line, or else from the environment: our own variable, or what the
 * vendor's quickstart has people set.
 */
function rawValue(
  vendor: string,
  flags: string,
  { raw, env, onQuickstart }: SettingsFrom,
): unknown {
  const given = raw[attributeOf(flags)]
  if (given !== undefined) return given
  const value = env[variableOf(vendor, flags)]
  if (value !== undefined && value !== '') return value
  const variable = quickstartVariable(vendor, longOf(flags), env)
  if (variable === undefined) return undefined
  onQuickstart(longOf(flags), variable)
  return env[variable]
}

/** Reads a vendor's options into what its function takes. Those left out stay out. */
export function readSettings(
  vendor: string,
  options: readonly VendorOption[],
  from: SettingsFrom,
): Settings {
  const settings: Record<string, unknown> = {}
  for (const option of options) {
    const value = rawValue(vendor, option.flags, from)
    if (value === undefined) continue
    const converted = convert(option, value)
    if (converted !== undefined) settings[propertyOf(option)] = converted
  }
  return settings
}

function convert(option: VendorOption, value: unknown): unknown {
  const flag = longOf(option.flags)
  const text = typeof value === 'string' ? choiceOf(option, value) : ''
  requireChoice(option, text)
  switch (option.kind ?? 'text') {
    case 'duration':
      return parseDuration(text, flag)
    case 'wait':
      return parseDuration(text, flag) * 1000
    case 'number':
      return Number(text)
    case 'time':
      return parseTime(text, flag)
    case 'list':
      return listOf(value)
    case 'assignments':
      return parseAssignments(listOf(value), flag, option.bare)
    case 'switch':
      return isOn(value, flag)
    case 'ids':
      return isOn(value, flag) === true ? randomUUID : undefined
    default:
      return text
  }
}

/** From the environment a list is one entry a line. */
function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value as readonly string[]
  return String(value)
    .split('\n')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** Commander has checked those of the command line already. */
function requireChoice({ flags, choices }: VendorOption, text: string): void {
  if (choices === undefined || choices.includes(text)) return
  throw new UsageError(`${longOf(flags)} is one of ${choices.join(', ')}.`)
}

function isOn(value: unknown, flag: string): true | undefined {
  if (value === true || value === '1' || value === 'true') return true
  if (value === '0' || value === 'false') return undefined
  throw new UsageError(`${flag} is on or off: 1 or 0 in the environment.`)
}
