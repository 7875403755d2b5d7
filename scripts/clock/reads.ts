import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { listFiles } from '../lib/files.ts'
import type { Findings } from '../lib/report.ts'
import { lineAt } from '../lib/text.ts'

/** What reads the machine's clock, or starts a timer of its own. */
const MEMBERS = new Set([
  'Date.now',
  'performance.now',
  'performance.timeOrigin',
  'process.hrtime',
  'process.uptime',
  'AbortSignal.timeout',
])
const CALLS = new Set(['Date', 'setTimeout', 'setInterval', 'setImmediate'])

/**
 * Finds what reads the machine's clock in the packages' sources, but for the files of `allowed`, which
 * says why each may. A file that needs no permission any more is a fault too.
 */
export function judgeClock(root: string, allowed: Readonly<Record<string, string>>): Findings {
  const files = listFiles(root, 'packages/*/src/**/*.ts')
  const faults: string[] = []
  for (const file of files) {
    const reads = clockReads(file, readFileSync(join(root, file), 'utf8'))
    if (allowed[file] === undefined) {
      faults.push(
        ...reads.map(({ line, name }) => `${file}:${line}: ${name}: take a Clock instead`),
      )
    } else if (reads.length === 0) {
      faults.push(`${file} reads no clock; take it off the list in scripts/check-clock.ts`)
    }
  }
  if (files.length === 0) faults.push(`${root}: there is no file to judge`)
  return { checked: `${files.length} files`, faults }
}

function clockReads(file: string, text: string): { line: number; name: string }[] {
  const reads: { line: number; name: string }[] = []
  const add = (name: string, start: number): void => {
    reads.push({ name, line: lineAt(text, start) })
  }
  new Visitor({
    MemberExpression: ({ object, property, start }) => {
      if (object.type !== 'Identifier' || property.type !== 'Identifier') return
      const name = `${object.name}.${property.name}`
      if (MEMBERS.has(name)) add(name, start)
    },
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier' && CALLS.has(callee.name)) add(`${callee.name}()`, start)
    },
    NewExpression: ({ callee, arguments: args, start }) => {
      const isNow = callee.type === 'Identifier' && callee.name === 'Date' && args.length === 0
      if (isNow) add('new Date()', start)
    },
  }).visit(parseSync(file, text).program)
  return reads
}
