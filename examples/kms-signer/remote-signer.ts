import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SigningKey } from '@mayfly/core'
import type { SignAnswer, SignRequest } from './signer.ts'

interface Waiting {
  readonly resolve: (signature: Uint8Array) => void
  readonly reject: (reason: Error) => void
}

/** A key that another process has: this one sends it bytes, and gets signatures. */
export class RemoteSigner implements SigningKey, AsyncDisposable {
  readonly algorithm = 'ES256'
  readonly keyId: string
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #waiting = new Map<number, Waiting>()
  #count = 0

  /** Starts the process that signs with the key of a file. This one never reads the file. */
  constructor(keyId: string, keyFile: string) {
    this.keyId = keyId
    const program = fileURLToPath(new URL('signer.ts', import.meta.url))
    this.#child = fork(program, [keyFile], { serialization: 'advanced', execArgv: [] })
    this.#child.on('message', (answer: SignAnswer) => this.#take(answer))
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(ended())
        this.#waiting.clear()
        resolve()
      })
    })
  }

  async sign(data: Uint8Array): Promise<Uint8Array> {
    if (!this.#child.connected) throw ended()
    const request: SignRequest = { id: ++this.#count, data }
    return await new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject })
      this.#child.send(request, (fault) => {
        if (fault !== null) this.#take({ id: request.id, fault: fault.message })
      })
    })
  }

  /** Ends the other process; whoever still waits for a signature gets none. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
  }

  #take(answer: SignAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('signature' in answer) waiting?.resolve(answer.signature)
    else waiting?.reject(new Error(answer.fault))
  }
}

function ended(): Error {
  return new Error('The signer’s process has ended; what it wrote to stderr says why.')
}
