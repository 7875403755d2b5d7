import { bearerFetch, type Diagnosis, ForeignOriginError, isMayflyError } from '@mayfly/core'
import { type Command, Option } from 'commander'
import { addCacheOptions, tokenSource } from '../cache/cache-options.ts'
import type { CliContext, Invocation } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { collect } from '../input/collect.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'
import { addVendorOptions } from '../vendors/command-options.ts'
import { VENDORS } from '../vendors/registry.ts'
import type { VendorCommand } from '../vendors/vendor.ts'
import { readRequest, type RequestOptions } from './request.ts'
import { writeResponse } from './answer.ts'

interface CurlOptions extends RequestOptions {
  readonly include?: true
  readonly output?: string
  readonly cache?: true
  readonly minLifetime?: string
}

const GROUP = 'Request:'

/** Adds `mayfly curl`, with a command for each vendor. */
export function addCurl(program: Command, context: CliContext): void {
  const curl = program
    .command('curl')
    .summary('send a request with a fresh token')
    .description(
      'Sends a request with a fresh token. The token goes to the vendor, and nowhere else: not along a redirect, and not to another host. Where the URL comes first, its host says which vendor is meant. Ends with 0 for an answer below 400, and with 1 for any other.',
    )
    .usage('[vendor] [options] <url>')
    .helpCommand(false)
  for (const vendor of VENDORS)
    if (vendor.noRequests === undefined) addVendor(curl, vendor, context)
  addExamples(curl, [
    [
      'the apps of App Store Connect',
      'mayfly curl app-store-connect --key-id 2X9R4HXF34 --issuer-id ISSUER --key AuthKey_2X9R4HXF34.p8 https://api.appstoreconnect.apple.com/v1/apps',
    ],
  ])
}

function addVendor(parent: Command, vendor: VendorCommand, context: CliContext): void {
  const { name, title, group, example, url = 'URL --origin ORIGIN' } = vendor
  const command = parent
    .command(name)
    .helpGroup(group)
    .summary(title)
    .description(`Sends a request with a fresh token: ${title}.`)
    .argument('<url>', 'where it goes')
  addRequestOptions(command)
  addVendorOptions(command, vendor)
  addCacheOptions(command, vendor)
  addExamples(command, [['send a request', `mayfly curl ${name} ${example} ${url}`]])
  command.action(context.action<CurlOptions>(async (call) => await send(vendor, call, context)))
}

function addRequestOptions(command: Command): void {
  const options: readonly (readonly [string, string])[] = [
    ['-X, --request <method>', 'the method (default: GET, or POST with data)'],
    ['-H, --header <field>', 'a header field, "Name: value"; may be repeated'],
    ['-d, --data <text>', 'the body; @FILE or @- for standard input'],
    ['--json <text>', 'the same, and say that it is JSON'],
    ['-i, --include', 'print the status and the header fields first'],
    ['-o, --output <file>', 'write the body to a file'],
    ['-m, --max-time <duration>', 'how long all of it may take'],
  ]
  for (const [flags, description] of options) {
    const option = new Option(flags, description).helpGroup(GROUP)
    if (flags.startsWith('-H')) option.argParser(collect)
    command.addOption(option)
  }
}

async function send(
  vendor: VendorCommand,
  { args: [address = ''], options, command }: Invocation<CurlOptions>,
  context: CliContext,
): Promise<ExitCode> {
  const url = parseUrl(address, command)
  const { source, settled } = await tokenSource(vendor, { command, options }, context)
  const init = await readRequest(options, command, context)
  let refusal: Diagnosis | undefined
  const fetchWithToken = bearerFetch(source, {
    fetch: context.io.fetch,
    clock: context.io.clock,
    observe: (event) => {
      if (event.type === 'refused') refusal = event.diagnosis
    },
  })
  try {
    const response = await fetchWithToken(url, init)
    await writeResponse(response, options, context)
    if (response.status < 400) return ExitCode.ok
    await context.note(summaryOf(response, refusal))
    return ExitCode.refused
  } catch (error) {
    throw inWords(error, { url, origins: source.origins, command })
  } finally {
    await settled()
  }
}

function parseUrl(text: string, command: Command): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('The URL must begin with https://, or with http:// on this machine.', {
      command,
    })
  }
  if (url.username === '' && url.password === '') return url
  throw new UsageError('The URL has a user or a password in it; the token takes their place.', {
    command,
  })
}

function summaryOf({ status, statusText }: Response, refusal: Diagnosis | undefined): string {
  const answer = `the answer was ${status} ${statusText}`.trim()
  return refusal === undefined ? answer : `${answer}: ${refusal.cause}. ${refusal.advice}`
}

interface Sending {
  readonly url: URL
  readonly origins: readonly string[]
  readonly command: Command
}

function inWords(error: unknown, { url, origins, command }: Sending): unknown {
  if (error instanceof ForeignOriginError) {
    const list = origins.join(', ')
    const where = list === '' ? 'it is for an SDK, and goes nowhere' : `it goes to ${list}`
    return new UsageError(`This token is not for ${url.origin}: ${where}.`, {
      hint: `To send it there all the same, say --origin ${url.origin}`,
      command,
    })
  }
  if (isMayflyError(error) || !(error instanceof Error)) return error
  if (error.name === 'TimeoutError') {
    return new UnavailableError(`${url.origin} took longer than --max-time allows.`)
  }
  if (error.name !== 'TypeError' || error.cause === undefined) return error
  return new UnavailableError(`There was no answer from ${url.origin}${codeOf(error.cause)}.`)
}

function codeOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? ` (${code})` : ''
}
