import {
  type AccessToken,
  type Clock,
  createAccessToken,
  type GetTokenOptions,
  type TokenSource,
} from '@mayfly/core'

export interface ScriptedSourceOptions {
  readonly clock: Clock
  readonly lifetime?: number
  readonly backdate?: number
  readonly origins?: readonly string[]
  /** Whether the source says its lifetime beforehand. */
  readonly announces?: boolean
}

type Answer = 'mint' | Error | ((options: GetTokenOptions) => Promise<AccessToken>)

/** A token source whose every answer a test can hold back, replace or make fail. */
export class ScriptedSource implements TokenSource {
  readonly id = 'scripted'
  readonly origins: readonly string[]
  readonly lifetime?: number
  readonly calls: GetTokenOptions[] = []
  readonly invalidated: string[] = []
  readonly #clock: Clock
  readonly #lifetime: number
  readonly #backdate: number
  readonly #answers: Answer[] = []
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined

  constructor(options: ScriptedSourceOptions) {
    this.#clock = options.clock
    this.#lifetime = options.lifetime ?? 1200
    this.#backdate = options.backdate ?? 0
    this.origins = options.origins ?? ['https://api.example.com']
    if (options.announces !== false) this.lifetime = this.#lifetime
  }

  /** Tokens minted so far. */
  get mints(): number {
    return this.calls.length
  }

  /** Queues what the next calls answer, one each. */
  next(...answers: Answer[]): this {
    this.#answers.push(...answers)
    return this
  }

  /** Holds all calls back from now on, until the returned function is called. */
  hold(): () => void {
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const gate = { opened, open }
    this.#gate = gate
    return () => {
      if (this.#gate === gate) this.#gate = undefined
      gate.open()
    }
  }

  async getToken(options: GetTokenOptions = {}): Promise<AccessToken> {
    const number = this.calls.push(options)
    const answer = this.#answers.shift() ?? 'mint'
    await this.#gate?.opened
    if (answer instanceof Error) throw answer
    if (typeof answer === 'function') return answer(options)
    return this.token(`token-${number}`, options.clock)
  }

  /** A token as this source would mint it now. */
  token(value: string, clock: Clock = this.#clock): AccessToken {
    const issuedAt = Math.floor(clock.now() / 1000) - this.#backdate
    const expiresAt = issuedAt + this.#backdate + this.#lifetime
    return createAccessToken({ value, issuedAt, expiresAt, origins: this.origins })
  }

  invalidate(rejected: AccessToken): void {
    this.invalidated.push(rejected.value)
  }
}

/** Lets everything that is ready run, without waiting for time to pass. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
