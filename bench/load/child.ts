import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A server in a process of its own. */
export interface LoadedServer extends AsyncDisposable {
  readonly url: string
  /** A console token; empty where there is none. */
  readonly token: string
}

/** Starts a server of this folder, and waits until it listens. */
export async function startChild(file: string, args: readonly string[]): Promise<LoadedServer> {
  const child = fork(join(import.meta.dirname, file), args, {
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
  })
  const ended = once(child, 'exit')
  const [told] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => {
      throw new Error(`${file} ended before it listened.`)
    }),
  ])) as [{ readonly port: number; readonly token: string }]
  return {
    url: `http://127.0.0.1:${told.port}`,
    token: told.token,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await ended
    },
  }
}
