import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { spread } from './cpu/measure.ts'
import { loadNow } from './lib/machine.ts'
import { table } from './lib/markdown.ts'
import { here } from './tree/revision.ts'

// `pnpm bench imports`, after `pnpm build`: what an import costs in a fresh process, as published.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    check: { type: 'boolean', default: false },
  },
})
const dist = (file: string): string => join(here, 'packages', file)
const TARGETS: Readonly<Record<string, string>> = {
  'Node alone': '',
  'jose, whole': 'jose',
  '@mayfly/core': dist('core/dist/index.js'),
  '@mayfly/core/vendors': dist('core/dist/vendors.js'),
  '@mayfly/express': dist('express/dist/index.js'),
  '@mayfly/koa': dist('koa/dist/index.js'),
  '@mayfly/redis': dist('redis/dist/index.js'),
  '@mayfly/service': dist('service/dist/index.js'),
}

const cpu: Record<string, number[]> = {}
const wall: Record<string, number[]> = {}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, target] of Object.entries(TARGETS)) {
    const { cpuMs, wallMs } = importOnce(target)
    ;(cpu[name] ??= []).push(cpuMs)
    ;(wall[name] ??= []).push(wallMs)
  }
}
const own = (times: Readonly<Record<string, number[]>>, name: string): number =>
  spread(times[name] ?? []).median - spread(times['Node alone'] ?? []).median
const core = own(cpu, '@mayfly/core') / own(cpu, 'jose, whole')
const adapter = own(cpu, '@mayfly/express') / own(cpu, '@mayfly/core')
console.log(
  `Node ${process.version}, load ${loadNow()}. Import in a fresh process, Node's own start subtracted; medians of ${values.rounds} in turn.`,
)
console.log(
  table(
    ['', 'processor time', 'by jose', 'wall time'],
    Object.keys(TARGETS)
      .slice(1)
      .map((name) => [
        name,
        `${own(cpu, name).toFixed(1)} ms`,
        (own(cpu, name) / own(cpu, 'jose, whole')).toFixed(2),
        `${own(wall, name).toFixed(1)} ms`,
      ]),
  ),
)
console.log(`The Express adapter takes ${adapter.toFixed(2)} of what the core takes.`)
if (values.check && (core > 1.2 || adapter > 1.2)) {
  console.error('The core may take 1.2 times what jose takes, and the adapter 1.2 times the core.')
  process.exitCode = 1
}

function importOnce(target: string): { cpuMs: number; wallMs: number } {
  const code = `${target === '' ? '' : `await import(${JSON.stringify(target)});`}
    const { user, system } = process.cpuUsage()
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() }))`
  const args = ['--input-type=module', '--eval', code]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(here, 'bench'),
    encoding: 'utf8',
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as { cpuMs: number; wallMs: number }
}
