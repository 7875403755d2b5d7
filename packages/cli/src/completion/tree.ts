import type { Command, Option } from 'commander'

/** What completes the value of an option. */
export type Values =
  /** It takes none. */
  | { readonly kind: 'none' }
  /** Nobody can know. */
  | { readonly kind: 'any' }
  | { readonly kind: 'files' }
  /** Names of environment variables. */
  | { readonly kind: 'variables' }
  | { readonly kind: 'words'; readonly words: readonly string[] }

/** An option as completion sees it. */
export interface CompletedOption {
  /** `--key-id`, `-o`. */
  readonly names: readonly string[]
  readonly description: string
  readonly values: Values
}

/** A command as completion sees it. */
export interface CompletedCommand {
  /** The names from below the program down: `/token/apns`; empty for the program itself. */
  readonly path: string
  /** The commands below, and the words that an argument may be. */
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly CompletedOption[]
}

/** Lists a program's commands with what can be completed in each. */
export function completedCommands(command: Command, path = ''): readonly CompletedCommand[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const own: CompletedCommand = {
    path,
    commands: [
      ...commands.map((each) => ({
        name: each.name(),
        description: help.subcommandDescription(each),
      })),
      ...choicesOf(command).map((name) => ({ name, description: '' })),
    ],
    options: help.visibleOptions(command).map(completedOption),
  }
  // What "help" completes is the names of commands; it is none of the tree itself.
  const below = command.commands.flatMap((each) =>
    completedCommands(each, `${path}/${each.name()}`),
  )
  return [own, ...below]
}

function choicesOf({ registeredArguments }: Command): readonly string[] {
  return registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
}

/** Groups the options that take a value by what is to be done, so that each is written once. */
export function byAnswer(
  commands: readonly CompletedCommand[],
  answer: (values: Values, description: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { path, options } of commands) {
    for (const { names, values, description } of options) {
      if (values.kind === 'none') continue
      const group = groups.get(answer(values, description)) ?? []
      groups.set(answer(values, description), group)
      group.push(...names.map((name) => `${path}:${name}`))
    }
  }
  return groups
}

function completedOption(option: Option): CompletedOption {
  const { long, short, description } = option
  const names = [long, short].filter((name) => name !== undefined)
  return { names, description, values: valuesOf(option) }
}

function valuesOf({ flags, long = '', argChoices, required, optional }: Option): Values {
  if (!required && !optional) return { kind: 'none' }
  if (argChoices !== undefined) return { kind: 'words', words: argChoices }
  if (flags.includes('<file>')) return { kind: 'files' }
  return { kind: long.endsWith('-env') ? 'variables' : 'any' }
}
