export { ExitCode } from './exit-code.ts'
export type { CliInput, CliIo, CliOutput } from './io.ts'
export { runCli } from './program.ts'
