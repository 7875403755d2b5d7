import { FakeClock } from '@mayfly/testing'
import type { ServeWorld } from '../../src/serve/world.ts'

/** A process that a test is in charge of. */
export class TestWorld implements ServeWorld {
  readonly clock = new FakeClock()
  readonly env: Record<string, string> = {}
  readonly stdout: { isTTY: boolean; text: string; write(text: string): void }
  readonly stderr: { isTTY: boolean; text: string; write(text: string): void }
  /** How often the process was ended at once. */
  exits = 0
  #stop: ((signal: string) => void) | undefined
  #wake: (() => void) | undefined

  constructor({ isTTY = false } = {}) {
    this.stdout = this.#output(isTTY)
    this.stderr = this.#output(isTTY)
  }

  onStop(listener: (signal: string) => void): () => void {
    this.#stop = listener
    return () => {
      this.#stop = undefined
    }
  }

  exit(): void {
    this.exits += 1
  }

  /** Asks the process to end. */
  stop(): void {
    this.#stop?.('SIGTERM')
  }

  /** Waits until something has been written that a pattern finds, and gives what it found. */
  async written(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this[stream].text)
      if (found !== null) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #output(isTTY: boolean) {
    const wake = (): void => this.#wake?.()
    return {
      isTTY,
      text: '',
      write(text: string): void {
        this.text += text
        wake()
      },
    }
  }
}
