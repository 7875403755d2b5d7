import type { AddCommand } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { visibleJson } from '../text/visible.ts'
import { UsageError } from '../usage-error.ts'
import { type Inspection, inspectToken } from './inspect.ts'
import { printInspection } from './print.ts'
import { tokenText } from './token-text.ts'
import { VENDOR_NAMES } from './rules/profiles.ts'

interface InspectFlags {
  readonly vendor?: string
  readonly json?: true
}

/** Adds `mayfly inspect`. */
export const addInspect: AddCommand = (program, context) => {
  const command = program
    .command('inspect')
    .summary('show what is in a token, and which rules it breaks')
    .description(
      'Shows what is in a token: header, payload, times, the vendor that it looks like, and every rule of that vendor that it breaks. It verifies nothing.',
    )
    .argument('[token]', 'the token; left out or "-": standard input')
    .option('--vendor <name>', 'judge it by the rules of this vendor, instead of guessing')
    .option('--json', 'print JSON')
    .action(
      context.action<InspectFlags>(async ({ args: [token], options, command: own }) => {
        const { vendor, json } = options
        if (vendor !== undefined && !VENDOR_NAMES.includes(vendor)) {
          throw new UsageError(`--vendor takes one of: ${VENDOR_NAMES.join(', ')}.`, {
            command: own,
          })
        }
        const now = Math.floor(context.io.clock.now() / 1000)
        const inspection = inspectToken(await tokenText(token, context), { now, vendor })
        await context.print(
          json === true ? visibleJson(inspection) : printInspection(inspection, context),
        )
        return isSound(inspection) ? ExitCode.ok : ExitCode.refused
      }),
    )
  addExamples(command, [
    ['what is in the token on the clipboard (macOS)', 'pbpaste | mayfly inspect'],
    ['does it break a rule? (exit code 1)', 'mayfly inspect --json - < token.txt'],
  ])
}

function isSound({ form, kind, faults, findings }: Inspection): boolean {
  if (form === 'opaque' && kind === undefined) return false
  return faults.length === 0 && findings.every(({ level }) => level === 'warning')
}
