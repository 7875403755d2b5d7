import { isatty, type ReadStream, type WriteStream } from 'node:tty'
import { systemClock } from '@mayfly/core'
import { processEnvironment } from '@mayfly/service/serve'
import type { CliInput, CliIo, CliOutput } from '../io.ts'

/** The world of a real process. */
export function processIo(): CliIo {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    stdin: inputOf(process.stdin, 0),
    stdout: outputOf(process.stdout, 1),
    stderr: outputOf(process.stderr, 2),
    clock: systemClock,
    fetch: globalThis.fetch,
    onStop: (listener) => processEnvironment(systemClock).onStop(listener),
    exit: () => processEnvironment(systemClock).exit(),
  }
}

function inputOf(stream: ReadStream, fd: number): CliInput {
  return {
    isTTY: isatty(fd),
    bytes: () => stream as AsyncIterable<Uint8Array>,
  }
}

/** A reader that has had enough, as in `| head -1`, is no fault: what follows is dropped in silence. */
function outputOf(stream: WriteStream, fd: number): CliOutput {
  let isClosed = false
  stream.on('error', () => {
    isClosed = true
  })
  return {
    isTTY: isatty(fd),
    columns: stream.columns,
    write: async (data) => {
      if (isClosed) return
      await new Promise<void>((resolve) => {
        stream.write(data, () => resolve())
      })
    },
  }
}
