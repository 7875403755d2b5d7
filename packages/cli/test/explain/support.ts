import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Step } from '../../src/explain/checklist.ts'
import { run, type World } from '../support/run.ts'

/** What `mayfly explain --json` said. */
export interface Explained {
  readonly exitCode: number
  readonly steps: readonly Step[]
  /** `id:mark`, in their order. */
  readonly marks: readonly string[]
  readonly stderr: string
  readonly text: string
}

/** Runs `mayfly explain` as JSON. */
export async function explain(argv: readonly string[], world: World = {}): Promise<Explained> {
  const { exitCode, stdout, stderr } = await run(['explain', ...argv, '--json'], world)
  const { steps } = (stdout === '' ? { steps: [] } : JSON.parse(stdout)) as { steps: Step[] }
  return {
    exitCode,
    steps,
    stderr,
    text: stdout,
    marks: steps.map(({ id, mark }) => `${id}:${mark}`),
  }
}

/** A folder for keys, and what writes one into it. */
export function keyFolder(): {
  write: (name: string, text: string, mode?: number) => string
} & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-explain-'))
  return {
    write: (name, text, mode = 0o600) => {
      const path = join(folder, name)
      writeFileSync(path, text, { mode })
      return path
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
