import type { Command } from 'commander'
import { addLedgerOptions, addServeOptions, type LedgerFlags, type ServeFlags } from './options.ts'
import type { ServeWorld } from './world.ts'

/**
 * Makes a command serve. What it needs is loaded when it runs, so that it costs nothing to have it among
 * other commands.
 *
 * @example
 * ```ts
 * import { systemClock } from '@mayfly/core'
 * import { configureServe, processEnvironment } from '@mayfly/service/serve'
 * import { Command } from 'commander'
 *
 * const program = configureServe(new Command('my-service'), processEnvironment(systemClock))
 * ```
 */
export function configureServe(command: Command, world: ServeWorld): Command {
  command
    .summary('issue tokens over HTTP, publish their keys, and serve a console')
    .description(
      'Issue tokens over HTTP by the contracts of Telesign and Voicegain and by your own, publish the keys that they are checked with, and serve a console.',
    )
  addServeOptions(command)
  command.action(async (flags: ServeFlags) => {
    const { serve } = await import('./run.ts')
    await serve(flags, world)
  })
  const rotate = command.command('rotate-keys').description('make a new signing key')
  addLedgerOptions(rotate)
  rotate.option(
    '--now',
    'sign with it at once, though caches do not know it yet: for a key that has leaked',
  )
  rotate.action(async () => {
    const { rotateKeys } = await import('./maintain.ts')
    await rotateKeys(rotate.optsWithGlobals<LedgerFlags & { now?: boolean }>(), world)
  })
  const token = command
    .command('console-token <client>')
    .description('make a console token for a client, and print it this once')
  addLedgerOptions(token)
  token.option(
    '--scope <names...>',
    'what it is good for (default: tokens:issue tokens:read tokens:revoke)',
  )
  token.action(async (client: string) => {
    const { printConsoleToken } = await import('./maintain.ts')
    await printConsoleToken(
      client,
      token.optsWithGlobals<LedgerFlags & { scope?: string[] }>(),
      world,
    )
  })
  return command
}
