import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'

/** What the numbers were measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
  readonly v8: string
}

/** Describes this machine, without a name that would tell whose it is. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release().split('-')[0] ?? ''} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
  }
}

/** The load of the last minute: how much else the machine had to do. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}

/** Reads the installed versions of the benchmark's own dependencies. */
export function installedVersions(): Record<string, string> {
  const root = join(import.meta.dirname, '..')
  const { dependencies = {} } = readManifest(join(root, 'package.json'))
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [
      name,
      readManifest(join(root, 'node_modules', name, 'package.json')).version ?? 'unknown',
    ]),
  )
}

function readManifest(path: string): {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
} {
  return JSON.parse(readFileSync(path, 'utf8')) as ReturnType<typeof readManifest>
}
