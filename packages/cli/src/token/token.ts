import type { AccessToken } from '@mayfly/core'
import { type Command, Option } from 'commander'
import { addCacheOptions, type CacheOptions, tokenSource } from '../cache/cache-options.ts'
import type { CliContext } from '../context.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { UsageError } from '../usage-error.ts'
import { addVendorOptions } from '../vendors/command-options.ts'
import { VENDORS } from '../vendors/registry.ts'
import type { VendorCommand } from '../vendors/vendor.ts'
import { claimsOf } from './decode.ts'

interface TokenOptions extends CacheOptions {
  readonly header?: true
  readonly json?: true
  readonly claims?: true
}

const OUTPUT = 'Output:'

/** Adds `mayfly token`, with a command for each vendor. */
export function addToken(program: Command, context: CliContext): void {
  const token = program
    .command('token')
    .summary('print a token for a vendor')
    .description('Prints a token for a vendor, made with your key.')
    .usage('<vendor> [options]')
    .helpCommand(false)
  for (const vendor of VENDORS) addVendor(token, vendor, context)
  addExamples(token, [
    [
      'a token for App Store Connect',
      'mayfly token app-store-connect --key-id 2X9R4HXF34 --issuer-id ISSUER --key AuthKey_2X9R4HXF34.p8',
    ],
    ['what a vendor takes', 'mayfly token zoom-video-sdk --help'],
  ])
}

function addVendor(parent: Command, vendor: VendorCommand, context: CliContext): void {
  const command = parent
    .command(vendor.name)
    .helpGroup(vendor.group)
    .summary(vendor.title)
    .description(`Prints a token: ${vendor.title}.`)
  addVendorOptions(command, vendor)
  addOutputOptions(command)
  addCacheOptions(command, vendor)
  addExamples(command, [['print a token', `mayfly token ${vendor.name} ${vendor.example}`]])
  command.action(
    context.action<TokenOptions>(async ({ options }) => {
      const { freshToken, settled } = await tokenSource(vendor, { command, options }, context)
      try {
        await context.print(textOf(await freshToken(), options, vendor))
      } finally {
        await settled()
      }
      return undefined
    }),
  )
}

function addOutputOptions(command: Command): void {
  const forms: readonly (readonly [string, string])[] = [
    ['--header', 'print the header field: Authorization: Bearer …'],
    ['--json', 'print the token and its dates as JSON'],
    ['--claims', 'print the claims instead of the token'],
  ]
  for (const [flags, description] of forms) {
    const others = forms.map(([each]) => each.slice(2)).filter((each) => each !== flags.slice(2))
    command.addOption(new Option(flags, description).helpGroup(OUTPUT).conflicts(others))
  }
}

function textOf(
  token: AccessToken,
  { header, json, claims }: TokenOptions,
  { title }: VendorCommand,
): string {
  const { value, issuedAt, expiresAt, origins, keyId } = token
  if (header === true) return `Authorization: Bearer ${value}`
  if (claims === true) {
    const found = claimsOf(value)
    if (found !== undefined) return JSON.stringify(found, undefined, 2)
    throw new UsageError(`This token is no JWT, so nobody can read claims from it: ${title}.`)
  }
  if (json !== true) return value
  const shown = {
    token: value,
    issuedAt,
    expiresAt,
    origins,
    ...(keyId !== undefined && { keyId }),
  }
  return JSON.stringify(shown, undefined, 2)
}
