import { configureServe, type ServeOutput } from '@mayfly/service/serve'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import type { CliOutput } from '../io.ts'
import { addExamples } from '../program/mayfly-command.ts'

/** Adds `mayfly serve`: the service of `@mayfly/service`, which is loaded when it is wanted. */
export function addServe(program: Command, { io }: CliContext): void {
  const { env, clock, onStop, exit } = io
  const [stdout, stderr] = [outputOf(io.stdout), outputOf(io.stderr)]
  const world = { env, clock, onStop, exit, stdout, stderr }
  const serve = configureServe(program.command('serve'), world)
  addExamples(serve, [
    ['on this machine, with a SQLite file in this folder', 'mayfly serve'],
    [
      'for Telesign’s App Verify, with the API key in a file',
      'mayfly serve --telesign-customer-id ID --telesign-api-key-file telesign.key',
    ],
    ['nothing kept, for a try', 'mayfly serve --ephemeral --port 0'],
    ['a console token for another program', 'mayfly serve console-token backend'],
  ])
}

function outputOf(output: CliOutput): ServeOutput {
  return { isTTY: output.isTTY, write: (text) => void output.write(text) }
}
