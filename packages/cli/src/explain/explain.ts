import {
  type AccessToken,
  isMayflyError,
  KeyError,
  OptionError,
  type TokenSource,
} from '@mayfly/core'
import type { Command } from 'commander'
import { CliContext } from '../context.ts'
import { inspectToken } from '../inspect/inspect.ts'
import { relativeText } from '../text/times.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'
import { type OpenSource, openSource } from '../vendors/open-source.ts'
import type { VendorCommand } from '../vendors/vendor.ts'
import { Checklist } from './checklist.ts'
import { checkKey, checkKeyFile, keyMissing } from './key-steps.ts'
import { networkFault } from './network-words.ts'
import { probeUrl, requestOrigins } from './probes.ts'
import { checkClock, checkRequest, type Watched, watch } from './request-steps.ts'

/** What `mayfly explain` takes beside the options of the vendor. */
export interface ExplainFlags {
  readonly url?: string
  readonly offline?: true
  readonly json?: true
  readonly key?: string
  readonly secretFile?: string
  readonly keyId?: string
}

/** Looks at everything between a key and an answer, and stops where nothing further can be seen. */
export async function explain(
  vendor: VendorCommand,
  { command, flags }: { readonly command: Command; readonly flags: ExplainFlags },
  context: CliContext,
): Promise<Checklist> {
  const list = new Checklist()
  const watched = watch(context.io)
  const fetch = flags.offline === true ? noNetwork : watched.fetch
  const opened = await openAll(vendor, command, {
    list,
    flags,
    context: new CliContext({ ...context.io, fetch }),
  })
  if (opened === undefined) return list
  const token = await mint(opened.source, { list, watched, flags, context })
  if (token === undefined) return list
  checkRules(vendor, token, { list, context })
  await request(vendor, { token, opened, flags, watched, list, command }, context)
  return list
}

interface Opening {
  readonly list: Checklist
  readonly flags: ExplainFlags
  readonly context: CliContext
}

async function openAll(
  vendor: VendorCommand,
  command: Command,
  { list, flags, context }: Opening,
): Promise<OpenSource | undefined> {
  await checkKeyFile(flags.key ?? flags.secretFile, flags.keyId, list)
  try {
    const opened = await openSource(vendor, command, context)
    const { settings, credential } = opened
    await checkKey(credential, settings, list)
    return list.isGood ? opened : undefined
  } catch (error) {
    // What the command line lacks is a usage error, as in every command.
    if (!(error instanceof UnavailableError) && !(error instanceof KeyError)) throw error
    keyMissing(error, list)
    return undefined
  }
}

interface Minting {
  readonly list: Checklist
  readonly watched: Watched
  readonly flags: ExplainFlags
  readonly context: CliContext
}

async function mint(
  source: TokenSource,
  { list, watched, flags, context }: Minting,
): Promise<AccessToken | undefined> {
  try {
    const token = await source.getToken()
    const now = context.io.clock.now() / 1000
    list.add('token', 'good', `A token was made; it expires ${relativeText(token.expiresAt, now)}.`)
    return token
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(error.message)
    if (!isMayflyError(error)) throw error
    if (flags.offline === true && hasCause(error, OfflineError)) {
      list.add(
        'token',
        'skipped',
        'This vendor hands its tokens out itself: not without the network.',
      )
      return undefined
    }
    const { advice, found } = refusalWords(error, context)
    list.add('token', 'bad', found, { ...(advice !== undefined && { advice }), cause: error.code })
    checkClock(watched, list)
    return undefined
  }
}

function refusalWords(error: Error, context: CliContext): { found: string; advice?: string } {
  const { message, cause } = error
  if (!('code' in error) || error.code !== 'ERR_MINT_FAILED' || cause === undefined) {
    return { found: message }
  }
  const { advice } = networkFault(cause, 'the vendor', context.io.env)
  return advice === undefined ? { found: message } : { found: message, advice }
}

/** Tokens that a server hands out are its own affair: they are judged as that vendor's only if they look so. */
function checkRules(
  vendor: VendorCommand,
  { value }: AccessToken,
  { list, context }: { readonly list: Checklist; readonly context: CliContext },
): void {
  const now = Math.floor(context.io.clock.now() / 1000)
  const isHandedOut = vendor.options.some(({ property }) => property === 'timeoutMs')
  const guessed = inspectToken(value, isHandedOut ? { now } : { now, vendor: vendor.name })
  if (guessed.header === undefined) {
    list.add('rules', 'skipped', 'The token is opaque: there is nothing in it to be judged.')
    return
  }
  const isKnown = guessed.vendor?.name === vendor.name
  const { findings, faults } = isKnown ? guessed : inspectToken(value, { now, vendor: NOBODY })
  for (const { message } of faults) list.add('rules', 'bad', message)
  for (const { message, level, rule } of findings) {
    list.add('rules', level === 'error' ? 'bad' : 'warning', message, { cause: rule })
  }
  if (findings.length + faults.length > 0) return
  const whose = isKnown ? `that are known of ${guessed.vendor?.title}` : 'for every token'
  list.add('rules', 'good', `It keeps all rules ${whose}.`)
}

/** No vendor has this name: the rules for every token are left. */
const NOBODY = ''

interface Requesting {
  readonly token: AccessToken
  readonly opened: OpenSource
  readonly flags: ExplainFlags
  readonly watched: Watched
  readonly list: Checklist
  readonly command: Command
}

async function request(
  vendor: VendorCommand,
  { token, opened, flags, watched, list, command }: Requesting,
  context: CliContext,
): Promise<void> {
  if (flags.offline === true) {
    list.add('request', 'skipped', 'No request was made (--offline).')
    return
  }
  const { source, settings } = opened
  const { origins } = source
  const url = flags.url ?? probeUrl(vendor.name, { origins, settings })
  if (url === undefined) {
    checkClock(watched, list)
    list.add('request', 'skipped', noAddress(vendor, origins))
    return
  }
  requireOwnUrl(url, origins, { vendor, command })
  await checkRequest(
    token,
    { vendor: vendor.name, url, source, settings, watched, io: context.io },
    list,
  )
}

function noAddress({ noRequests, title }: VendorCommand, origins: readonly string[]): string {
  if (noRequests !== undefined) return `No request was made: ${noRequests}`
  return origins.length === 0
    ? 'No request was made: this token is for an SDK, and goes nowhere over HTTP.'
    : `No request was made: there is no address of ${title} that is good for everybody. Give --url URL.`
}

/** A token goes where it may go, whatever --url says. */
function requireOwnUrl(
  url: string,
  origins: readonly string[],
  { vendor, command }: { readonly vendor: VendorCommand; readonly command: Command },
): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError('--url takes a URL that begins with https://.', { command })
  }
  const allowed = requestOrigins(vendor.name, origins)
  if (allowed.includes(parsed.origin)) return
  throw new UsageError(
    `This token is not for ${parsed.origin}: it goes to ${allowed.join(', ') || 'an SDK'}.`,
    {
      hint: `To send it there all the same, say --origin ${parsed.origin}`,
      command,
    },
  )
}

class OfflineError extends Error {}

const noNetwork: typeof fetch = async () => {
  throw new OfflineError('offline')
}

function hasCause(error: unknown, kind: new () => Error): boolean {
  if (error instanceof kind) return true
  return error instanceof Error && hasCause(error.cause, kind)
}
