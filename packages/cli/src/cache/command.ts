import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { cacheFolder } from './cache-folder.ts'
import { clearCache } from './disk-store.ts'

/** Adds `mayfly cache`: where cached tokens are, and forgetting them. */
export function addCache(program: Command, context: CliContext): void {
  const { env } = context.io
  const cache = program
    .command('cache')
    .summary('show or clear the tokens that --cache keeps')
    .description(
      'Shows where the tokens are that --cache keeps, or forgets them. Each is encrypted with the key or the secret that it was made with.',
    )
    .helpCommand(false)
  cache
    .command('path')
    .description('Prints the folder that the tokens are in.')
    .action(
      context.action(async () => {
        await context.print(cacheFolder(env))
        return undefined
      }),
    )
  cache
    .command('clear')
    .description('Forgets all tokens.')
    .action(
      context.action(async () => {
        const removed = await clearCache(cacheFolder(env))
        await context.print(removed === 1 ? 'Forgot 1 token.' : `Forgot ${removed} tokens.`)
        return undefined
      }),
    )
  addExamples(cache, [['forget all tokens', 'mayfly cache clear']])
}
