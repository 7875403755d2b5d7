import { COMMANDS } from './commands.ts'
import { CliContext } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { HELP } from './program/help.ts'
import { addExamples, MayflyCommand } from './program/mayfly-command.ts'
import { printReport, reportOf } from './report.ts'
import { withVendor } from './curl/find-vendor.ts'
import { ownVersion } from './version.ts'

/** Help is no wider than this, however wide the terminal is. */
const MAX_HELP_WIDTH = 100

/**
 * Runs the program to its end and gives the exit code. It touches nothing but what `io` has, and the
 * files that the command line names.
 */
export async function runCli(io: CliIo): Promise<ExitCode> {
  const context = new CliContext(io)
  try {
    await buildProgram(context).parseAsync([...withVendor(io.argv)], { from: 'user' })
    return context.exitCode
  } catch (error) {
    const report = reportOf(error)
    await printReport(report, context)
    return report.exitCode
  }
}

/** Builds the tree of commands. */
function buildProgram(context: CliContext): MayflyCommand {
  const program = new MayflyCommand('mayfly')
  configure(program, context)
  program
    .description('Short-lived tokens from the command line: mint, inspect, verify, explain.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
  for (const add of COMMANDS) add(program, context)
  addExamples(program, [['see all that a command takes', 'mayfly help token']])
  return program
}

function configure(program: MayflyCommand, context: CliContext): void {
  const { stdout, stderr } = context.io
  program.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => widthOf(stdout.columns),
    getErrHelpWidth: () => widthOf(stderr.columns),
    getOutHasColors: () => context.outHasColors,
    getErrHasColors: () => context.errHasColors,
  })
  program.configureHelp(HELP)
}

function widthOf(columns = 80): number {
  return Math.min(columns, MAX_HELP_WIDTH)
}
