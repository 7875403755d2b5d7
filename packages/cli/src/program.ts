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
    await buildProgram(context).parseAsync(argumentsOf(io.argv), { from: 'user' })
    return context.exitCode
  } catch (error) {
    const report = reportOf(error)
    await printReport(report, context)
    return report.exitCode
  }
}

/** `-V`, which was there before `-v`, goes on. */
function argumentsOf(argv: readonly string[]): string[] {
  return argv[0] === '-V' ? ['--version'] : [...withVendor(argv)]
}

/** Builds the tree of commands. */
function buildProgram(context: CliContext): MayflyCommand {
  const program = new MayflyCommand('mayfly')
  configure(program, context)
  program
    .description('Short-lived tokens from the command line: mint, inspect, verify, explain.')
    .version(ownVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
  for (const add of COMMANDS) add(program, context)
  addExamples(program, [
    ['a token for a vendor', 'mayfly token zoom-video-sdk --help'],
    ['a request with a fresh token', 'mayfly curl https://api.zoom.us/v2/users/me'],
    ['what a token says, and what is wrong with it', 'mayfly inspect < token.txt'],
    ['why a vendor answers 401', 'mayfly explain app-store-connect --key AuthKey_2X9R4HXF34.p8'],
    ['tokens of your own for the machines that you run', 'mayfly serve'],
  ])
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
