import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'

/** How a server of somebody else's is started. */
export interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly options?: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'>
  /** What it prints once it takes connections. */
  readonly ready: RegExp
}

/** Gives a port of loopback that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was given.')
  return address.port
}

/** Starts a server and resolves when it says that it is ready; rejects with what it printed when it ends before. */
export async function startServer(command: ServerCommand): Promise<ChildProcess> {
  const child = spawn(command.file, command.args, {
    ...command.options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed = `${printed}${chunk.toString()}`.slice(-10_000)
      if (command.ready.test(printed)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(
        new Error(`${command.file} ended (${code ?? signal}) before it was ready:\n${printed}`),
      )
    })
  })
  return child
}

/** Ends a server that was started here and waits until it is gone. */
export async function endServer(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Runs a program to its end, and rejects with what it printed when it fails. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'> = {},
): Promise<string> {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  if (code !== 0) throw new Error(`${file} failed (${code}):\n${printed}${complaints}`)
  return printed
}
