import { systemClock, type Clock } from '@mayfly/core'
import type { CliIo, CliOutput } from '../../src/io.ts'
import { runCli } from '../../src/program.ts'

/** The world that a test gives to the program. */
export interface World {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  readonly clock?: Clock
  readonly fetch?: typeof fetch
  /** Whether both outputs are terminals. Default: neither is. */
  readonly terminal?: boolean
  readonly columns?: number
  readonly onStop?: CliIo['onStop']
}

/** What came of a run. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program in this process, in a world of its own. */
export async function run(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const { io, stdout, stderr } = testIo(argv, world)
  const exitCode = await runCli(io)
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
}

/** What a test can read of an output. */
export interface CapturedOutput extends CliOutput {
  text(): string
}

/** Makes the world alone, for what is tested below the program. */
export function testIo(
  argv: readonly string[],
  world: World = {},
): { io: CliIo; stdout: CapturedOutput; stderr: CapturedOutput } {
  const { env = {}, stdin = '', clock = systemClock, terminal = false } = world
  const bytes = typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin
  const stdout = captured(world)
  const stderr = captured(world)
  const io: CliIo = {
    argv,
    env,
    clock,
    fetch: world.fetch ?? globalThis.fetch,
    stdin: { isTTY: terminal && stdin === '', bytes: () => once(bytes) },
    stdout,
    stderr,
    onStop: world.onStop ?? (() => () => {}),
    exit: () => {
      throw new Error('Nothing that a test does ends the process.')
    },
  }
  return { io, stdout, stderr }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function captured({ terminal = false, columns }: World): CapturedOutput {
  const parts: Uint8Array[] = []
  return {
    isTTY: terminal,
    columns,
    write: async (data) => {
      parts.push(typeof data === 'string' ? new TextEncoder().encode(data) : data.slice())
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  }
}

/** Some arguments that belong together, on a line of their own. */
export function args(...words: readonly string[]): readonly string[] {
  return words
}
