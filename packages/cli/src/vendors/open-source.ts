import { OptionError, type TokenSource } from '@mayfly/core'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import {
  type CredentialOptions,
  flagsOf,
  type FoundCredential,
  readCredential,
} from '../input/credential.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'
import { longOf, propertyOf, type Settings } from './option.ts'
import { quickstartVariable } from './quickstart.ts'
import { type RawOptions, readSettings, variableOf } from './settings.ts'
import type { VendorCommand } from './vendor.ts'

/** A vendor's source, made from a command line. */
export interface OpenSource {
  readonly source: TokenSource
  /** The settings without the key or the secret. */
  readonly settings: Settings
  readonly credential: FoundCredential
}

/**
 * Makes a vendor's source from the options of a command and the environment.
 *
 * @throws {UsageError} for options that are missing or wrong, by their flags; what reading the key
 * throws, and a `KeyError` for one that cannot be used.
 */
export async function openSource(
  vendor: VendorCommand,
  command: Command,
  context: CliContext,
): Promise<OpenSource> {
  const raw = command.opts<RawOptions>()
  const { env, clock, fetch } = context.io
  const found: string[] = []
  const onQuickstart = (flag: string, variable: string): void =>
    void found.push(`${flag} ${variable}`)
  const read = readSettings(vendor.name, vendor.options, { raw, env, onQuickstart })
  const where = credentialOptions(vendor, raw, { env, onQuickstart })
  const settings = { ...keyIdInName(vendor, where), ...read }
  if (found.length > 0) await context.note(`taken from the environment: ${found.join(', ')}`)
  requireAll({ vendor, settings, where, command })
  const credential = await readCredential(vendor.credential, where, context)
  if (credential === undefined) throw missing([flagsOf(vendor.credential)], vendor, command)
  const all = { ...settings, [credential.property]: credential.text }
  try {
    return { source: vendor.create(all, { clock, fetch }), settings, credential }
  } catch (error) {
    throw error instanceof OptionError ? inFlags(error, vendor, command) : error
  }
}

/** Of the environment come the names of files only, and only where the command line has none of all. */
function credentialOptions(
  { name, credential }: VendorCommand,
  raw: RawOptions,
  { env, onQuickstart }: Pick<Parameters<typeof readSettings>[2], 'env' | 'onQuickstart'>,
): CredentialOptions {
  const given = Object.fromEntries(
    ['key', 'keyEnv', 'secretFile', 'secretEnv']
      .map((attribute) => [attribute, raw[attribute]] as const)
      .filter(([, value]) => value !== undefined),
  )
  if (Object.keys(given).length > 0) return given
  const key = credential.kind === 'secret' ? undefined : env[variableOf(name, '--key')]
  const secretFile = credential.kind === 'key' ? undefined : env[variableOf(name, '--secret-file')]
  if (secretFile !== undefined && secretFile !== '') return { secretFile }
  if (key !== undefined && key !== '') return { key }
  const secretEnv = credential.kind === 'key' ? undefined : quickstartVariable(name, 'secret', env)
  const keyEnv = credential.kind === 'secret' ? undefined : quickstartVariable(name, 'key', env)
  if (secretEnv !== undefined) {
    onQuickstart('--secret-env', secretEnv)
    return { secretEnv }
  }
  if (keyEnv === undefined) return {}
  const isFile = !/^\s*(?:-----|\{)/.test(env[keyEnv] ?? '')
  onQuickstart(isFile ? '--key' : '--key-env', keyEnv)
  return isFile ? { key: env[keyEnv] ?? '' } : { keyEnv }
}

/** Apple names the file of a key by the key's id, and people keep the name. */
const APPLE_KEY_FILE = /(?:^|[\\/])(?:AuthKey|ApiKey|SubscriptionKey)_([A-Z0-9]{10})\.p8$/

/** The key id that an Apple key file has in its name, where the command line has none. */
function keyIdInName({ group, options }: VendorCommand, { key = '' }: CredentialOptions): Settings {
  const [, keyId] = APPLE_KEY_FILE.exec(key) ?? []
  const takesOne = group === 'Apple:' && options.some(({ flags }) => longOf(flags) === '--key-id')
  return takesOne && keyId !== undefined ? { keyId } : {}
}

interface Requirements {
  readonly vendor: VendorCommand
  readonly settings: Settings
  readonly where: CredentialOptions
  readonly command: Command
}

/** Says at once all that is missing. */
function requireAll({ vendor, settings, where, command }: Requirements): void {
  const absent = vendor.options
    .filter((option) => option.required === true && settings[propertyOf(option)] === undefined)
    .map(({ flags }) => flags)
  if (Object.keys(where).length === 0) absent.push(flagsOf(vendor.credential))
  if (absent.length > 0) throw missing(absent, vendor, command)
}

function missing(absent: readonly string[], { name }: VendorCommand, command: Command): UsageError {
  const verb = absent.length === 1 ? 'is' : 'are'
  return new UsageError(`${name} needs more options: ${absent.join(', ')} ${verb} missing.`, {
    command,
  })
}

/** The core names options as code does; here they are flags. */
function inFlags(error: OptionError, vendor: VendorCommand, command: Command): Error {
  const { credential } = vendor
  const credentials =
    credential.kind === 'either' ? [credential.key, credential.secret] : [credential.property]
  let { message } = error
  for (const property of credentials) {
    message = message.replaceAll(`"${property}"`, credential.what)
  }
  for (const option of vendor.options) {
    message = message.replaceAll(`"${propertyOf(option)}"`, longOf(option.flags))
  }
  message = message.charAt(0).toUpperCase() + message.slice(1)
  return credentials.includes(error.option)
    ? new UnavailableError(message)
    : new UsageError(message, { command })
}
