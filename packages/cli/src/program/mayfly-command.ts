import { Command, type ErrorOptions } from 'commander'
import { UsageError } from '../usage-error.ts'
import { withoutValues } from './parse-messages.ts'

/** What {@link MayflyCommand.examples} takes: what it is good for, and the command line. */
export type Example = readonly [purpose: string, commandLine: string]

/** A command whose complaints never repeat a value: it may be a secret. */
export class MayflyCommand extends Command {
  override createCommand(name?: string): MayflyCommand {
    return new MayflyCommand(name)
  }

  override error(message: string, { code = '' }: ErrorOptions = {}): never {
    throw new UsageError(...withoutValues(message, code, this))
  }
}

/** Adds examples to the end of a command's help. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([purpose, line]) => `  # ${purpose}\n  ${line}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`)
}
