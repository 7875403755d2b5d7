import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A small program in a consumer's folder, and how to run it. */
export interface Program {
  readonly file: string
  readonly text: string
}

/** Prints what each entry exports, as ESM sees it. */
export function importing(entries: readonly string[]): Program {
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)}: await import('${entry}'),`)
  return { file: 'esm.mjs', text: printing(lines) }
}

/** Prints what each entry exports, as CommonJS sees it. */
export function requiring(entries: readonly string[]): Program {
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)}: require('${entry}'),`)
  return { file: 'cjs.cjs', text: printing(lines) }
}

function printing(lines: readonly string[]): string {
  return `const entries = {
${lines.join('\n')}
}
const names = Object.entries(entries).map(([entry, exported]) => [entry, Object.keys(exported).sort()])
console.log(JSON.stringify(Object.fromEntries(names)))
`
}

/** Runs a program that prints JSON, and gives back what it printed. */
export function runProgram(
  root: string,
  { file, text }: Program,
  { node = process.execPath, flags = [] }: { node?: string; flags?: readonly string[] } = {},
): Readonly<Record<string, readonly string[]>> {
  writeFileSync(join(root, file), text)
  const printed = execFileSync(node, [...flags, '--throw-deprecation', file], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(printed) as Readonly<Record<string, readonly string[]>>
}
