import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { EdgeRuntime } from 'edge-runtime'
import { rolldown } from 'rolldown'
import { repositoryRoot } from '../lib/files.ts'
import { hasChromium, startChromium } from '../servers/chromium.ts'
import type { Outcome } from './suite.ts'

/** Where runtimes are installed to, and the bundles are written. */
const FOLDER = join(repositoryRoot, 'node_modules/.runtimes')

/** One runtime, and how it runs the suite. */
export interface Runtime {
  readonly name: string
  readonly version: string
  readonly run: () => readonly Outcome[] | Promise<readonly Outcome[]>
}

/** A program that a package of the registry holds for this system. */
interface Binary {
  readonly version: string
  /** The package for this system; `undefined` where there is none. */
  readonly package: string | undefined
  readonly file: string
}

const SYSTEM = `${process.platform}-${process.arch}`

const BINARIES = {
  node22: nodeOf('22.13.0'),
  node24: nodeOf('24.21.0'),
  node26: nodeOf('26.10.0'),
  bun: {
    version: '1.4.5',
    package: { 'linux-x64': '@oven/bun-linux-x64', 'linux-arm64': '@oven/bun-linux-aarch64' }[
      SYSTEM
    ],
    file: 'bin/bun',
  },
  deno: {
    version: '2.9.6',
    package: {
      'linux-x64': '@deno/linux-x64-glibc',
      'linux-arm64': '@deno/linux-arm64-glibc',
    }[SYSTEM],
    file: 'deno',
  },
  workerd: {
    version: '1.20261117.1',
    package: {
      'linux-x64': '@cloudflare/workerd-linux-64',
      'linux-arm64': '@cloudflare/workerd-linux-arm64',
    }[SYSTEM],
    file: 'bin/workerd',
  },
} as const satisfies Readonly<Record<string, Binary>>

function nodeOf(version: string): Binary {
  return { version, package: `node-${SYSTEM}`, file: 'bin/node' }
}

/** The runtimes that are programs: each comes in a package of the registry, without an install script. */
export const PROGRAMS: readonly Runtime[] = [
  program('Node.js', 'node22', []),
  program('Node.js', 'node24', []),
  program('Node.js', 'node26', []),
  program('Bun', 'bun', ['run']),
  program('Deno', 'deno', ['run', '--no-prompt', '--no-remote', '--no-config', '--no-lock']),
  { name: 'workerd', version: BINARIES.workerd.version, run: runWorkerd },
]

/** The runtime that is JavaScript itself, so that it runs with the tests. */
export const EDGE: Runtime = {
  name: 'edge-runtime',
  version: '4.0.1',
  run: async () => {
    const runtime = new EdgeRuntime({ initialCode: await bundle('iife') })
    return await runtime.evaluate<Promise<readonly Outcome[]>>('mayflySuite.runSuite()')
  },
}

/** The browser that is found on this machine; `undefined` where there is none. */
export function browser(): Runtime | undefined {
  return hasChromium()
    ? { name: 'Chromium', version: 'of the system', run: runChromium }
    : undefined
}

function program(name: string, binary: keyof typeof BINARIES, args: readonly string[]): Runtime {
  const run = async (): Promise<readonly Outcome[]> => {
    const file = join(FOLDER, 'main.mjs')
    // Timers of the core keep no process alive; a program has something else that does.
    const print = `const alive = setInterval(() => {}, 1000)
console.log(JSON.stringify(await runSuite()))
clearInterval(alive)`
    writeFileSync(file, `${await bundle('esm')}\n${print}\n`)
    return outcomesIn(execute(install(binary), [...args, file]))
  }
  return { name, version: BINARIES[binary].version, run }
}

/** Installs a runtime once, for whoever asks again; gives back its program. */
function install(name: keyof typeof BINARIES): string {
  const { version, package: packageName, file } = BINARIES[name]
  if (packageName === undefined) throw new Error(`There is no ${name} for ${SYSTEM}.`)
  const folder = join(FOLDER, `${name}-${version}`)
  const path = join(folder, 'node_modules', packageName, file)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...flags, '--prefix', folder, `${packageName}@${version}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return path
}

function execute(file: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(file, args, {
    cwd: FOLDER,
    encoding: 'utf8',
    timeout: 120_000,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  })
  if (status !== 0) throw new Error(`${file} ended with ${status}:\n${stdout}${stderr}`)
  return stdout + stderr
}

function outcomesIn(printed: string): readonly Outcome[] {
  const line = printed.split('\n').find((each) => each.startsWith('[{'))
  if (line === undefined) throw new Error(`The suite printed no outcomes:\n${printed}`)
  return JSON.parse(line) as readonly Outcome[]
}

/** Bundles the suite with the core, as a program for any runtime would be. */
async function bundle(format: 'esm' | 'iife'): Promise<string> {
  mkdirSync(FOLDER, { recursive: true })
  await using bundler = await rolldown({
    input: join(import.meta.dirname, 'suite.ts'),
    platform: 'neutral',
    resolve: { conditionNames: ['source', 'import', 'default'], mainFields: ['module', 'main'] },
    logLevel: 'silent',
  })
  const { output } = await bundler.generate({ format, name: 'mayflySuite' })
  const [{ code }] = output
  return code
}

/** Runs the suite as a test of workerd's own, which is a request to its eyes. */
async function runWorkerd(): Promise<readonly Outcome[]> {
  // Each fetch of the binding is a request of its own, and a promise must not cross requests there.
  const test = `export default {
  fetch: () => answerShared(),
  async test(_, env) {
    const shared = await judgeShared(() => env.SELF.fetch('http://suite/'))
    console.log(JSON.stringify([...(await runSuite()), shared]))
  },
}`
  writeFileSync(join(FOLDER, 'worker.mjs'), `${await bundle('esm')}\n${test}\n`)
  writeFileSync(
    join(FOLDER, 'workerd.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (
    name = "suite",
    worker = (
      modules = [ (name = "worker", esModule = embed "worker.mjs") ],
      compatibilityDate = "2026-01-01",
      bindings = [ (name = "SELF", service = "suite") ],
    ),
  ) ],
);
`,
  )
  return outcomesIn(execute(install('workerd'), ['test', 'workerd.capnp']))
}

/** Runs the suite in a page; the crypto of browsers is there on secure origins alone, as this one is. */
async function runChromium(): Promise<readonly Outcome[]> {
  const script = await bundle('iife')
  const server = createServer((request, response) => {
    const isScript = request.url === '/suite.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script src="/suite.js"></script>')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  try {
    await using chromium = await startChromium()
    const page = await chromium.context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return await page.evaluate<readonly Outcome[]>('mayflySuite.runSuite()')
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
