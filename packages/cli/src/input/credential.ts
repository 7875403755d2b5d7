import { type Command, Option } from 'commander'
import type { CliContext } from '../context.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'
import type { Credential } from '../vendors/option.ts'
import { readText } from './read-input.ts'

/** What {@link addCredentialOptions} adds, as commander keeps it. */
export interface CredentialOptions {
  readonly key?: string
  readonly keyEnv?: string
  readonly secretFile?: string
  readonly secretEnv?: string
}

const GROUP = 'Key or secret:'

/**
 * Adds the options that say where a key or a secret is. There is none for the thing itself: every user
 * of the machine can see the arguments of a command, and a shell keeps them.
 */
export function addCredentialOptions(command: Command, credential: Credential): void {
  const { kind } = credential
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup(GROUP))
  }
  if (kind !== 'secret') {
    add('--key <file>', `${nameOf(credential, false)}: a file; - for standard input`)
    add('--key-env <name>', 'the name of an environment variable that holds the key')
  }
  if (kind !== 'key') {
    add('--secret-file <file>', `${nameOf(credential, true)}: a file; - for standard input`)
    add('--secret-env <name>', 'the name of an environment variable that holds the secret')
  }
}

/** A key or a secret, and the option of the vendor's function that it is for. */
export interface FoundCredential {
  readonly property: string
  readonly text: string
  readonly isSecret: boolean
}

/** Reads the key or the secret that the options point to; `undefined` where they point to none. */
export async function readCredential(
  credential: Credential,
  options: CredentialOptions,
  context: CliContext,
): Promise<FoundCredential | undefined> {
  const { key, keyEnv, secretFile, secretEnv } = options
  const given = Object.entries({ key, keyEnv, secretFile, secretEnv }).filter(
    ([, value]) => value !== undefined,
  )
  if (given.length === 0) return undefined
  if (given.length > 1) throw new UsageError(`Give only one of ${flagsOf(credential)}.`)
  const isSecret = secretFile !== undefined || secretEnv !== undefined
  const what = nameOf(credential, isSecret)
  const name = keyEnv ?? secretEnv
  const text =
    name === undefined
      ? await readText(key ?? secretFile ?? '', what, context)
      : variable(name, what, context)
  const property = propertyOf(credential, isSecret)
  return { property, isSecret, text: isSecret ? withoutLineEnd(text) : withLineEnds(text) }
}

/** The options that a credential can be given by, for messages: `--key FILE or --key-env NAME`. */
export function flagsOf({ kind }: Credential): string {
  const key = '--key FILE or --key-env NAME'
  const secret = '--secret-file FILE or --secret-env NAME'
  if (kind === 'either') return `${secret}, ${key}`
  return kind === 'key' ? key : secret
}

function nameOf(credential: Credential, isSecret: boolean): string {
  if (credential.kind !== 'either') return credential.what
  return isSecret ? credential.secretIs : credential.keyIs
}

function propertyOf(credential: Credential, isSecret: boolean): string {
  if (credential.kind !== 'either') return credential.property
  return isSecret ? credential.secret : credential.key
}

function variable(name: string, what: string, { io }: CliContext): string {
  const value = io.env[name]
  if (value !== undefined && value !== '') return value
  const shown = /^[A-Za-z_]\w{0,63}$/.test(name) ? `"${name}"` : 'of that name'
  const state = value === undefined ? 'is not set, or not exported' : 'is empty'
  throw new UnavailableError(
    `There is no ${what.replace(/^the /, '')}: the variable ${shown} ${state}.`,
  )
}

/** Editors end a file with a line end, which is no part of a secret. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Environment variables often carry the line ends of a PEM as the two characters `\n`. JSON has to. */
function withLineEnds(text: string): string {
  return text.includes('\n') || !text.trimStart().startsWith('-----')
    ? text
    : text.replaceAll(/\\r?\\n|\\n/g, '\n')
}
