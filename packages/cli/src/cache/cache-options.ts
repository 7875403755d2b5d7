import type { AccessToken, TokenSource } from '@mayfly/core'
import { type Command, Option } from 'commander'
import type { CliContext } from '../context.ts'
import { parseDuration } from '../input/duration.ts'
import { UsageError } from '../usage-error.ts'
import { openSource } from '../vendors/open-source.ts'
import type { VendorCommand } from '../vendors/vendor.ts'
import { cachedSource } from './cached-source.ts'

/** What {@link addCacheOptions} adds. */
export interface CacheOptions {
  readonly cache?: true
  readonly minLifetime?: string
}

/** Adds `--cache` and `--min-lifetime`, unless a token of this vendor is not to be used twice. */
export function addCacheOptions(command: Command, { single }: VendorCommand): void {
  if (single !== undefined) return
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup('Cache:'))
  }
  add('--cache', 'reuse the token in later runs, while it is fresh')
  add('--min-lifetime <duration>', 'with --cache: how long the token must still live')
}

/** A command's source, with the cache before it where the command line asks for that. */
export interface CommandSource {
  readonly source: TokenSource
  /** Gives a token that is good for a while. */
  readonly freshToken: () => Promise<AccessToken>
  /** Waits until the cache is written. */
  readonly settled: () => Promise<void>
}

/** Makes the source of a command, with the cache before it where the command line asks for that. */
export async function tokenSource(
  vendor: VendorCommand,
  { command, options }: { readonly command: Command; readonly options: CacheOptions },
  context: CliContext,
): Promise<CommandSource> {
  const { cache, minLifetime } = options
  if (minLifetime !== undefined && cache === undefined) {
    throw new UsageError('--min-lifetime goes with --cache: a new token lives as long as it can.', {
      command,
    })
  }
  const least = minLifetime === undefined ? undefined : parseDuration(minLifetime, '--min-lifetime')
  const opened = await openSource(vendor, command, context)
  if (cache === true) return cachedSource(vendor.name, opened, { context, minLifetime: least })
  const { source } = opened
  return { source, freshToken: async () => source.getToken(), settled: async () => {} }
}
