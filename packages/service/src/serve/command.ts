import type { Command } from 'commander'
import { addLedgerOptions, addServeOptions, readFlags, type ServeFlags } from './options.ts'
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
  command.action(async () => {
    const { serve } = await import('./run.ts')
    await serve(readFlags(command, world) as unknown as ServeFlags, world)
  })
  const rotate = command.command('rotate-keys').description('make a new signing key')
  addLedgerOptions(rotate)
  rotate.option(
    '--now',
    'sign with it at once, though caches do not know it yet: for a key that has leaked',
  )
  rotate.action(async () => {
    const { rotateKeys } = await import('./maintain.ts')
    await rotateKeys(readFlags(rotate, world), world)
  })
  command
    .command('seal-key')
    .description('make a key for encryption at rest, and print it: for --seal-key-file')
    .action(async () => {
      const { generateSealKey } = await import('../seal/seal-key.ts')
      world.stdout.write(`${generateSealKey()}\n`)
    })
  const token = command
    .command('console-token <client>')
    .description('make a console token for a client, and print it this once')
  addLedgerOptions(token)
  token
    .option(
      '--scope <names...>',
      'what it is good for (default: tokens:issue tokens:read tokens:revoke)',
    )
    .option(
      '--allow-audience <names...>',
      'what its tokens may be for; * is any (default: the issuer)',
    )
    .option('--allow-origin <sites...>', 'the sites that its tokens may be for; * is any')
    .option(
      '--allow-subject <names...>',
      'whom its tokens may speak of; * is any (default: the client)',
    )
    .option(
      '--allow-scope <names...>',
      'the scopes that its tokens may have; * is any (default: none)',
    )
    .option('--allow-lifetime <duration>', 'how long its tokens may live')
    .option('--expires-in <duration>', 'how long the console token itself lives (default: 365d)')
  token.action(async (client: string) => {
    const { printConsoleToken } = await import('./maintain.ts')
    await printConsoleToken(client, readFlags(token, world), world)
  })
  return command
}
