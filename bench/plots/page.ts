import { duration, table } from '../lib/markdown.ts'
import type { Machine } from '../lib/machine.ts'
import { type Bar, drawBars, type Plot, themes } from './bars.ts'

/** What every kept result says of itself. */
interface Kept {
  readonly command: string
  readonly measuredAt: string
  readonly machine: Machine
  readonly load: number
}

/** What `pnpm bench cpu --keep` keeps. */
export interface CpuResults extends Kept {
  readonly method: { readonly rounds: number; readonly processes: number }
  readonly scenarios: Readonly<Record<string, readonly CpuLine[]>>
}

interface CpuLine {
  readonly id: string
  readonly cpuMicros: number
  readonly share: number
  readonly runs: readonly number[]
  readonly least: number
  readonly wallMicros: number
  readonly wallShare: number
}

/** What `pnpm bench table --keep` keeps. */
export interface JwtResults extends Kept {
  readonly rows: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>
  >
}

/** What `pnpm bench scale --keep` keeps. */
export interface ScaleResults extends Kept {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const TITLES: Readonly<Record<string, string>> = {
  express: 'Express 5: a known token, its origin and its scope',
  koa: 'Koa 3: a known token, its origin and its scope',
  'bearer-fetch': 'fetch to loopback',
  'get-token': 'getToken() with a fresh token',
  'verify-known': 'verify() of a known token, with its origin',
  'verify-ES256': 'verify() of a new ES256 token',
  'verify-RS256': 'verify() of a new RS256 token',
  'verify-EdDSA': 'verify() of a new EdDSA token',
  'verify-HS256': 'verify() of a new HS256 token',
  mint: 'Making an ES256 token',
  'import-key': 'Reading a private key from PEM',
}

/** Makes the page and its plots, by their names below `docs`. */
export function renderPerformance(results: {
  readonly cpu: CpuResults
  readonly jwt: JwtResults
  readonly scale: ScaleResults
}): Readonly<Record<string, string>> {
  const { cpu, jwt, scale } = results
  const plots: Record<string, string> = {}
  const picture = (name: string, plot: Plot): string => {
    for (const theme of themes) plots[`plots/${name}-${theme}.svg`] = drawBars(plot, theme)
    return `<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="./plots/${name}-dark.svg">\n  <img alt="${plot.title}" src="./plots/${name}-light.svg">\n</picture>`
  }
  const scenarios = Object.entries(cpu.scenarios).map(([name, lines]) =>
    [
      `### ${TITLES[name] ?? name}`,
      picture(name, { title: `${TITLES[name] ?? name}: processor time`, bars: barsOf(lines) }),
      cpuTable(lines),
    ].join('\n\n'),
  )
  const tables = Object.entries(jwt.rows).map(([row, algorithms]) =>
    [`### ${row[0]?.toUpperCase()}${row.slice(1)}`, jwtTable(algorithms)].join('\n\n'),
  )
  const text = [
    '# Performance',
    'What Mayfly costs in processor time, beside what it stands on and beside others. `pnpm bench plots` wrote this page from the results in `bench/results`; `bench/NOTES.md` says what was found on the way. Single calls by the clock are in `bench/RESULTS.md`, a flood of forged tokens in `bench/FLOOD.md`, and the token service in `bench/SERVICE.md`.',
    '## Each operation',
    `${conditions(cpu)} Processor time is that of the whole process, garbage collection and threads included, divided by the operations; the contenders take turns, ${cpu.method.rounds} rounds in each of ${cpu.method.processes} processes. A share is the first row's time by this row's, the median of the rounds; “undisturbed” is the same of the slice of each that took least, since other work on a machine only adds; a share of 0.9 with auth means that a request costs 11 % more with it. **Where a share is below that of another library, that library is quicker.**`,
    ...scenarios,
    '## The table of python-jwt',
    `${conditions(jwt)} Processor time for each operation; RSA keys have 2048 bits. “–”: the library has no such call, or was not installed.`,
    ...tables,
    '## Many',
    `${conditions(scale)} Memory is heap and buffers after a collection.`,
    table(scale.head, scale.rows),
  ].join('\n\n')
  return { 'performance.md': `${text}\n`, ...plots }
}

function conditions({ command, measuredAt, machine, load }: Kept): string {
  const place = `\`${command}\` on ${measuredAt.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.os}, Node ${machine.node}, load ${load} at the start.`
  if (load <= machine.cores) return place
  return `${place} **That is more than the machine has cores: other work disturbed what was measured, requests over sockets most of all, so go by these figures as far as their runs agree.**`
}

function barsOf(lines: readonly CpuLine[]): readonly Bar[] {
  return lines.map(({ id, cpuMicros }) => ({
    label: id,
    value: cpuMicros,
    text: duration(cpuMicros * 1000),
    own: isOwn(id),
  }))
}

function isOwn(id: string): boolean {
  return /Mayfly|getToken|verify\(|bearerFetch|with auth/.test(id)
}

function cpuTable(lines: readonly CpuLine[]): string {
  return table(
    [
      '',
      'processor time',
      'share',
      'each run',
      'undisturbed',
      'by the clock',
      'share by the clock',
    ],
    lines.map(({ id, cpuMicros, share, runs, least, wallMicros, wallShare }) => [
      isOwn(id) ? `**${id}**` : id,
      duration(cpuMicros * 1000),
      share.toFixed(2),
      runs.map((one) => one.toFixed(2)).join(' · '),
      least.toFixed(2),
      duration(wallMicros * 1000),
      wallShare.toFixed(2),
    ]),
  )
}

function jwtTable(algorithms: JwtResults['rows'][string]): string {
  const names = [...new Set(Object.values(algorithms).flatMap((micros) => Object.keys(micros)))]
  return table(
    ['', ...names.map((name) => (name === 'Mayfly' ? '**Mayfly**' : name))],
    Object.entries(algorithms).map(([algorithm, micros]) =>
      [algorithm].concat(
        names.map((name) => {
          const value = micros[name]
          return value === undefined ? '–' : duration(value * 1000)
        }),
      ),
    ),
  )
}
