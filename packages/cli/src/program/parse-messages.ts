import type { Command } from 'commander'
import { suggestionFor } from './suggest.ts'

type UsageErrorArguments = [message: string, options: { hint?: string; command: Command }]

/** What a command or an option may look like; anything else may be a token or a secret. */
const NAME = /^-{0,2}[a-z][a-z0-9-]{0,39}$/i

/** Options that people look for, and that there are not. */
const SECRET = /^--(?:[a-z-]*-)?(?:secret|password|token|pem|jwk)(?:-text)?$/

/** Says what the parser found wrong, without any value that it found. */
export function withoutValues(
  message: string,
  code: string,
  command: Command,
): UsageErrorArguments {
  const text = message.replace(/^error: /, '')
  const [sentence = '', suggestion] = text.split('\n(')
  const hint = suggestion?.replace(/\)$/, '')
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(sentence, hint, command)
    case 'commander.unknownCommand':
      return [
        ...naming('There is no command', wordIn(sentence)),
        withHint(suggestionFor(wordIn(sentence), command) ?? hint, command),
      ]
    case 'commander.excessArguments':
      return [sentence.replace(/: [^:]*$/, '.'), { command }]
    case 'commander.invalidArgument':
      return [invalidValue(text), { command }]
    default:
      return [capital(sentence), withHint(hint, command)]
  }
}

function unknownOption(
  sentence: string,
  hint: string | undefined,
  command: Command,
): UsageErrorArguments {
  const [flag = ''] = wordIn(sentence).split('=')
  const named = flag.startsWith('--') ? flag : flag.slice(0, 2)
  if (SECRET.test(named)) {
    return [
      `There is no option ${named}: other users of this machine can see the arguments of a command.`,
      {
        hint: 'Use --secret-file FILE, --secret-env NAME, or --secret-file - for standard input.',
        command,
      },
    ]
  }
  return [...naming('There is no option', named), withHint(hint, command)]
}

/** The parser's sentence has the value in its middle; what follows the last of its own words is ours. */
function invalidValue(text: string): string {
  const [, flags = 'the argument'] = /^option '([^']*)'/.exec(text) ?? []
  const reason = text.split(/ is invalid(?: for argument '[^']*')?\.\s*/).at(-1) ?? ''
  return `The value of ${flags} cannot be used. ${reason}`.trim()
}

function naming(what: string, name: string): [message: string] {
  return [NAME.test(name) ? `${what} "${name}".` : `${what} of that name.`]
}

function wordIn(sentence: string): string {
  return /'(.*)'/s.exec(sentence)?.[1] ?? ''
}

function withHint(hint: string | undefined, command: Command): { hint?: string; command: Command } {
  return hint === undefined ? { command } : { hint, command }
}

function capital(sentence: string): string {
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/\.\.$/, '.')
}
