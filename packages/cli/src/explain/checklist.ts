import type { Mark } from '../text/page.ts'

/** One thing that was looked at. */
export interface Step {
  /** Stable, for scripts. */
  readonly id: 'key-file' | 'key' | 'options' | 'token' | 'rules' | 'clock' | 'request' | 'again'
  readonly mark: Mark
  /** What was found, in a sentence. */
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
  /** The bounded cause, where the core names one. */
  readonly cause?: string
}

/** The steps in their order, as they are found. */
export class Checklist {
  readonly #steps: Step[] = []

  get steps(): readonly Step[] {
    return this.#steps
  }

  /** Nothing is wrong, as far as could be seen. */
  get isGood(): boolean {
    return this.#steps.every(({ mark }) => mark !== 'bad')
  }

  add(id: Step['id'], mark: Mark, found: string, more: Pick<Step, 'advice' | 'cause'> = {}): void {
    this.#steps.push({ id, mark, found, ...more })
  }
}
