import { type Command, Option } from 'commander'
import { collect } from '../input/collect.ts'
import { addCredentialOptions } from '../input/credential.ts'
import { wrap } from '../text/wrap.ts'
import { choiceOf, longOf, type VendorOption } from './option.ts'
import { quickstartVariables } from './quickstart.ts'
import { variableOf } from './settings.ts'
import type { VendorCommand } from './vendor.ts'

/** Adds a vendor's options to a command, the key or the secret among them. */
export function addVendorOptions(command: Command, vendor: VendorCommand): void {
  addCredentialOptions(command, vendor.credential)
  for (const option of vendor.options) command.addOption(commanderOption(option))
  const [first] = vendor.options
  if (first === undefined) return
  const [flag] = first.flags.split(' ')
  const flags = new Set(vendor.options.map((option) => longOf(option.flags)))
  const theirs = quickstartVariables(
    vendor.name,
    (option) => !option.startsWith('--') || flags.has(option),
  )
  const more =
    theirs.length === 0 ? '' : ` So may what the vendor has you set: ${theirs.join(', ')}.`
  const text = `An option may also come from the environment: ${flag} from ${variableOf(vendor.name, first.flags)}.${more}`
  command.addHelpText('after', () => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? 80
    return `\n${wrap(text, width).join('\n')}`
  })
}

function commanderOption(option: VendorOption): Option {
  const { flags, description, choices, required = false, kind } = option
  const made = new Option(flags, required ? `${description} (required)` : description)
  made.helpGroup('Token:')
  if (choices !== undefined) {
    made.choices(choices)
    const { parseArg } = made
    made.argParser((text, before) => parseArg?.(choiceOf(option, text), before))
  }
  if (kind === 'list' || kind === 'assignments') made.argParser(collect)
  return made
}
