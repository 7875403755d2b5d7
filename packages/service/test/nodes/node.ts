import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repositoryRoot } from '../../../../scripts/lib/files.ts'
import { createTokenService, SCOPES } from '../../src/index.ts'
import { TELESIGN } from '../support/service.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Where the nodes say that they are, whichever of them answers. */
const ISSUER = 'http://auth.localhost'
/** Of no worth: it seals nothing that outlives a test. */
const SEAL_KEY = Buffer.alloc(32, 9).toString('base64url')

/** How a process has ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A service in a process of its own. */
export interface ServiceNode {
  readonly url: string
  readonly exited: Promise<Exit>
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<Exit>
  /** Asks it to end, and waits until it is gone. */
  stop(): Promise<Exit>
  /** Asks it to end. */
  ask(): void
  /** Waits until its log has a line that the pattern finds, and gives that line. Rejects when it ends without. */
  logged(pattern: RegExp): Promise<string>
}

/** How a node is started. */
export interface NodeOptions {
  readonly database: string
  /** Default: any. */
  readonly port?: number
  readonly args?: readonly string[]
}

/** Nodes start in half the time when one has compiled for all. */
const COMPILED = join(repositoryRoot, 'node_modules/.cache/mayfly-nodes')

const running = new Set<ChildProcess>()

/** Ends all that a test has left running. */
export async function endNodes(): Promise<void> {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')))
}

/** Starts the service as a user would, and resolves when it serves. */
export async function startNode({
  database,
  port = 0,
  args = [],
}: NodeOptions): Promise<ServiceNode> {
  const line = ['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN]
  const where = [
    '--issuer',
    ISSUER,
    '--database',
    database,
    '--port',
    String(port),
    '--drain',
    '0s',
  ]
  const telesign = ['--telesign-customer-id', TELESIGN.customerId]
  const child = spawn(process.execPath, [...line, ...where, ...telesign, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: COMPILED,
      MAYFLY_SEAL_KEY: SEAL_KEY,
      MAYFLY_TELESIGN_API_KEY: TELESIGN.apiKey,
    },
  })
  running.add(child)
  const exited = once(child, 'exit').then(([code, signal]): Exit => {
    running.delete(child)
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }
  })
  const greeting = new Printed(child.stdout, exited)
  const log = new Printed(child.stderr, exited)
  const found = await greeting.until(/tokens at (\S+)/).catch((error: unknown) => {
    throw new Error(`It did not start: ${log.text}`, { cause: error })
  })
  return {
    url: found[1] ?? '',
    exited,
    kill: () => end(child, 'SIGKILL').then(() => exited),
    stop: () => end(child, 'SIGTERM').then(() => exited),
    ask: () => void child.kill('SIGTERM'),
    logged: async (pattern) => (await log.until(pattern))[0],
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** What a process prints. */
class Printed {
  text = ''
  readonly #exited: Promise<Exit>
  #wake: (() => void) | undefined

  constructor(stream: NodeJS.ReadableStream, exited: Promise<Exit>) {
    this.#exited = exited
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk
      this.#wake?.()
    })
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text)
      if (found !== null) return found
      const more = new Promise<undefined>((resolve) => {
        this.#wake = () => resolve(undefined)
      })
      const exit = await Promise.race([more, this.#exited])
      if (exit === undefined) continue
      const last = pattern.exec(this.text)
      if (last !== null) return last
      throw new Error(`It ended (${exit.code ?? exit.signal}) without ${pattern}:\n${this.text}`)
    }
  }
}

/** Makes console tokens with all scopes in the ledger of nodes, each of a client of its own. */
export async function makeConsoleTokens(
  database: string,
  clients: readonly string[],
): Promise<readonly string[]> {
  const service = await createTokenService({
    issuer: ISSUER,
    database,
    sealKeys: [SEAL_KEY],
    rateLimits: null,
  })
  try {
    return await Promise.all(
      clients.map((client) => service.createConsoleToken(client, { scope: SCOPES })),
    )
  } finally {
    await service.close()
  }
}
