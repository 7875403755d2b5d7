import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listFiles } from '../lib/files.ts'
import type { Findings } from '../lib/report.ts'
import { type Import, readImports } from './imports.ts'

/** An import between two units of one layer that is allowed all the same, and why. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly why: string
}

/** The files of the core's `src`, by path inside it, with what each imports. */
export type SourceFiles = ReadonlyMap<string, readonly Import[]>

/** What the core is held to. */
export interface CoreRules {
  readonly layers: readonly (readonly string[])[]
  readonly edges: readonly Edge[]
  readonly webEntries: readonly string[]
}

interface Place {
  readonly layer: number
  /** The name of the unit: imports inside it are free. */
  readonly unit: string
}

/** Reads the files of the core below the repository's root. */
export function readCore(root: string): SourceFiles {
  const src = join(root, 'packages/core/src')
  return new Map(
    listFiles(src, '**/*.ts').map((file) => [
      file,
      readImports(file, readFileSync(join(src, file), 'utf8')),
    ]),
  )
}

/** Judges every import inside the core by its layers. */
export function judgeCore(files: SourceFiles, rules: CoreRules): Findings {
  const faults: string[] = []
  const used = new Set<Edge>()
  let judged = 0

  for (const [file, imports] of files) {
    if (placeOf(file, rules.layers) === undefined) {
      faults.push(`core/src/${file}: no layer lists it; add it to scripts/layers/rules.ts`)
    }
    for (const { specifier, line, everything } of imports) {
      const at = `core/src/${file}:${line}`
      if (everything) faults.push(`${at}: "export *" hides what is exported; name it`)
      const target = inside(file, specifier)
      if (target === undefined) continue
      judged += 1
      const fault = files.has(target)
        ? judgeImport(file, target, { rules, used })
        : `imports ${specifier}, which is no file of core/src`
      if (fault !== undefined) faults.push(`${at}: ${fault}`)
    }
  }

  faults.push(...unusedEdges(files, rules.edges, used), ...nodeImports(files, rules.webEntries))
  if (judged === 0) faults.push('core/src: there is not one import to judge')
  return { checked: `${files.size} files of the core, ${judged} imports`, faults }
}

function judgeImport(
  file: string,
  target: string,
  { rules, used }: { readonly rules: CoreRules; readonly used: Set<Edge> },
): string | undefined {
  const from = placeOf(file, rules.layers)
  const to = placeOf(target, rules.layers)
  // A file that no layer lists has its own fault already.
  if (from === undefined || to === undefined) return undefined
  if (to.layer < from.layer || to.unit === from.unit) return undefined
  if (to.layer > from.layer) {
    return `layer ${from.layer} imports upward: ${target} is in layer ${to.layer}`
  }
  const edge = rules.edges.find((each) => covers(each.from, file) && covers(each.to, target))
  if (edge === undefined) {
    return `imports its sibling ${target}; move what both need to a lower layer`
  }
  used.add(edge)
  return undefined
}

/** The file inside `src` that a relative specifier names; undefined for packages and `node:…`. */
function inside(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.normalize(posix.join(posix.dirname(file), specifier))
}

function placeOf(file: string, layers: CoreRules['layers']): Place | undefined {
  for (const [layer, entries] of layers.entries()) {
    if (entries.includes(file)) return { layer, unit: file }
  }
  for (const [layer, entries] of layers.entries()) {
    const entry = entries.find((each) => covers(each, file))
    if (entry !== undefined) return { layer, unit: unitOf(entry, file) }
  }
  return undefined
}

function covers(entry: string, file: string): boolean {
  if (entry.endsWith('.ts')) return file === entry
  if (entry.endsWith('/*')) return file.startsWith(entry.slice(0, -1))
  return file === `${entry}.ts` || file.startsWith(`${entry}/`)
}

/** A folder's `*` stands for each room in it: `vendors/zoom.ts` and `vendors/zoom/` are one unit. */
function unitOf(entry: string, file: string): string {
  if (!entry.endsWith('/*')) return entry
  const folder = entry.slice(0, -1)
  const [room = ''] = file.slice(folder.length).split('/')
  return folder + room.replace(/\.ts$/, '')
}

function unusedEdges(files: SourceFiles, edges: readonly Edge[], used: Set<Edge>): string[] {
  const names = [...files.keys()]
  const exists = (entry: string): boolean => names.some((name) => covers(entry, name))
  return edges
    .filter((edge) => !used.has(edge) && exists(edge.from) && exists(edge.to))
    .map((edge) => `scripts/layers/rules.ts: no import needs the edge ${edge.from} → ${edge.to}`)
}

/** Finds the `node:` imports that a Worker or a browser would stumble over. */
function nodeImports(files: SourceFiles, entries: readonly string[]): string[] {
  const faults: string[] = []
  const reached = new Set(entries.filter((entry) => files.has(entry)))
  for (const file of reached) {
    for (const { specifier, typeOnly, line } of files.get(file) ?? []) {
      if (typeOnly) continue
      const target = inside(file, specifier)
      if (target !== undefined && files.has(target)) reached.add(target)
      if (!specifier.startsWith('node:')) continue
      faults.push(`core/src/${file}:${line}: imports ${specifier}, but it must run without Node`)
    }
  }
  return faults
}
