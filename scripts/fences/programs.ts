import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from '../lib/files.ts'
import { type Fence, readFences } from './markdown.ts'
import { docComments } from './tsdoc.ts'

/** How a fence is run: plainly, inside a harness, or not at all. */
export type RunMode =
  | { readonly kind: 'plain' }
  | { readonly kind: 'harness'; readonly name: string }
  | { readonly kind: 'never'; readonly reason: string }

/** A fence of the documentation as a program of its own. */
export interface FenceProgram {
  /** Where it stands, for example `README.md:12`. */
  readonly where: string
  readonly file: string
  /** The program; every line of it has the number that it has in `file`. */
  readonly text: string
  readonly mode: RunMode
}

/** Code in these would be checked by nobody. */
const UNCHECKED = new Set(['typescript', 'js', 'javascript', 'mjs', 'cjs', 'jsx', 'tsx'])

const REFERENCE: RunMode = { kind: 'never', reason: 'the reference is type-checked only' }

/** The Markdown files whose fences are programs. */
export function documents(root: string): string[] {
  return listFiles(root, ['*.md', 'docs/*.md', 'packages/*/README.md', 'examples/**/*.md'])
}

/** Lists the `ts` fences of the Markdown files and of the doc comments below `root`. */
export function fencePrograms(root: string): FenceProgram[] {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8')
  const markdown = documents(root).flatMap((file) => programsOf(file, read(file)))
  const comments = listFiles(root, 'packages/*/src/**/*.ts').flatMap((file) =>
    programsOf(file, docComments(file, read(file)), REFERENCE),
  )
  return [...markdown, ...comments]
}

/** Lists the programs of one Markdown text; `mode`, where given, is that of all of them. */
export function programsOf(file: string, markdown: string, mode?: RunMode): FenceProgram[] {
  const programs: FenceProgram[] = []
  for (const fence of fencesOf(file, markdown)) {
    const where = `${file}:${fence.line}`
    if (UNCHECKED.has(fence.language)) {
      throw new Error(`${where}: a fence of "${fence.language}" is not checked; call it "ts"`)
    }
    if (fence.language !== 'ts') continue
    const continued = fence.notes.includes('continues') ? programs.at(-1)?.text : ''
    if (continued === undefined) throw new Error(`${where}: there is no fence to continue`)
    programs.push({
      where,
      file,
      text: onItsLines(continued, fence),
      mode: mode ?? modeOf(where, fence),
    })
  }
  return programs
}

function fencesOf(file: string, markdown: string): Fence[] {
  try {
    return readFences(markdown)
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

function onItsLines(before: string, { line, code }: Fence): string {
  const filled = before.split('\n').length
  return before + '\n'.repeat(line - filled) + code
}

function modeOf(where: string, { notes }: Fence): RunMode {
  const note = notes.find((each) => each.startsWith('run:'))
  if (note === undefined) return { kind: 'plain' }
  const [name = '', ...rest] = note.slice('run:'.length).split(',')
  if (name.trim() !== 'never') return { kind: 'harness', name: name.trim() }
  const reason = rest.join(',').trim()
  if (reason === '') throw new Error(`${where}: say why it is never run: <!-- run: never, why -->`)
  return { kind: 'never', reason }
}
