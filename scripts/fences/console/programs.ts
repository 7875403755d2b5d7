import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Step } from './transcript.ts'

/** Programs that pages use and that a machine may do without. */
export const PAGE_PROGRAMS: readonly string[] = ['curl', 'jq', 'openssl', 'sqlite3']

/** Lists the programs that these commands need and that are not on the `PATH`. */
export function missingPrograms(
  steps: readonly Step[],
  path = process.env['PATH'] ?? '',
): string[] {
  const words = new Set(steps.flatMap(({ command }) => command.split(/[\s|;&$()]+/)))
  return PAGE_PROGRAMS.filter((name) => words.has(name) && !isOn(path, name))
}

function isOn(path: string, name: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
