import { type Command, Help, type HelpConfiguration, type Option } from 'commander'
import { paintAny } from '../colors.ts'

/** A longer name has its description below it, instead of moving all the others to the right. */
const MAX_TERM_WIDTH = 28
const MIN_TEXT_WIDTH = 24
const INDENT = '  '

/**
 * How help looks. The styles are there always: commander takes them out again where the output has no
 * colours.
 */
export const HELP: HelpConfiguration = Object.freeze({
  minWidthToWrap: MIN_TEXT_WIDTH,
  styleTitle: (title: string) => paintAny('bold', title),
  styleCommandText: (text: string) => paintAny('cyan', text),
  styleOptionTerm: (text: string) => paintAny('cyan', text),
  styleSubcommandText: (text: string) => paintAny('cyan', text),
  subcommandTerm,
  optionDescription: describeOption,
  argumentDescription: ({ description, argChoices }) =>
    argChoices === undefined ? description : `${description}: ${argChoices.join(', ')}`,
  padWidth: (command, helper) => Math.min(new Help().padWidth(command, helper), MAX_TERM_WIDTH),
  formatItem: (term: string, termWidth: number, description: string, helper: Help) => {
    if (description === '') return `${INDENT}${term}`
    const width = (helper.helpWidth ?? 80) - termWidth - 2 * INDENT.length
    const lines = helper.boxWrap(description, Math.max(width, MIN_TEXT_WIDTH)).split('\n')
    const gap = termWidth - helper.displayWidth(term)
    const [first = '', ...rest] = gap < 0 ? ['', ...lines] : lines
    const margin = ' '.repeat(termWidth + 2 * INDENT.length)
    const head =
      gap < 0 ? `${INDENT}${term}` : `${INDENT}${term}${' '.repeat(gap)}${INDENT}${first}`
    return [head, ...rest.map((line) => `${margin}${line}`)].join('\n')
  },
} satisfies HelpConfiguration)

/** That a command has options goes without saying. */
function subcommandTerm(command: Command): string {
  const names = [command.name(), ...command.aliases()].join('|')
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [names, ...args].join(' ')
}

/** Choices belong to the sentence, unless the value's name has them already: `<0|1>`. */
function describeOption({ flags, description, argChoices, defaultValue }: Option): string {
  const [, text = '', required = ''] = /^(.*?)( \(required\))?$/s.exec(description) ?? []
  const choices =
    argChoices === undefined || flags.includes('|') ? '' : `: ${argChoices.join(', ')}`
  const isShown = typeof defaultValue === 'string' || typeof defaultValue === 'number'
  return `${text}${choices}${isShown ? ` (default: ${defaultValue})` : ''}${required}`
}
