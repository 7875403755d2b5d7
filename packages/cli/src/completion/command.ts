import { Argument, type Command } from 'commander'
import type { CliContext } from '../context.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { powershellCompletion } from './powershell.ts'
import { type CompletedCommand, completedCommands } from './tree.ts'
import { zshCompletion } from './zsh.ts'

const SHELLS: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
  ['powershell', powershellCompletion],
])

/** Adds `mayfly completion`: a script for a shell, made from the tree of commands. */
export function addCompletion(program: Command, context: CliContext): void {
  const completion = program
    .command('completion')
    .summary('print the completion for a shell')
    .description('Prints the completion for a shell: commands, options and their values.')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS.keys()]))
    .action(
      context.action(async ({ args: [shell = ''] }) => {
        const script = SHELLS.get(shell)?.(completedCommands(program)) ?? ''
        await context.io.stdout.write(script)
        return undefined
      }),
    )
  addExamples(completion, [
    ['bash, in ~/.bashrc', 'source <(mayfly completion bash)'],
    ['zsh, in ~/.zshrc, after compinit', 'source <(mayfly completion zsh)'],
    ['fish, in ~/.config/fish/config.fish', 'mayfly completion fish | source'],
    [
      'PowerShell, in the file that $PROFILE names',
      'mayfly completion powershell | Out-String | Invoke-Expression',
    ],
  ])
}
