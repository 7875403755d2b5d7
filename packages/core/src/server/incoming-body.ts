import { RequestError } from '../base/errors.ts'

/** What of Node's `IncomingMessage` is needed to read its body. */
export interface IncomingBody {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly destroyed?: boolean
  /** Somebody has read some of it. */
  readonly readableDidRead?: boolean
  /** Listens to an event of the stream. */
  on(event: string, listener: (argument?: unknown) => void): unknown
  /** Ends that. */
  off(event: string, listener: (argument?: unknown) => void): unknown
  /** Stops the flow, so that nothing is lost before the next reader listens. */
  pause(): unknown
}

/** Tells whether somebody else has taken the body, or some of it. */
export function isBodyTaken(incoming: IncomingBody): boolean {
  return incoming.readableDidRead === true && announcesBody(incoming)
}

/**
 * Reads a body to its end, as the bytes that came in.
 *
 * @throws {RequestError} 413 for more than `maxBytes`, of which the rest is not read; 400 where the
 * client broke off.
 */
export async function readIncomingBody(
  incoming: IncomingBody,
  maxBytes: number,
): Promise<Uint8Array> {
  if (!announcesBody(incoming)) return new Uint8Array()
  if (Number(incoming.headers['content-length']) > maxBytes) throw tooLong(maxBytes)
  const chunks: Uint8Array[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    const onData = (chunk: unknown): void => {
      const bytes = chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk))
      length += bytes.length
      chunks.push(bytes)
      if (length > maxBytes) settle(() => reject(tooLong(maxBytes)))
    }
    const onEnd = (): void => settle(() => resolve(concat(chunks, length)))
    const onBreak = (cause?: unknown): void => settle(() => reject(brokenOff(cause)))
    function settle(finish: () => void): void {
      incoming.off('data', onData)
      incoming.off('end', onEnd)
      incoming.off('error', onBreak)
      incoming.off('close', onBreak)
      incoming.pause()
      finish()
    }
    if (incoming.destroyed === true) {
      reject(brokenOff(undefined))
      return
    }
    incoming.on('data', onData)
    incoming.on('end', onEnd)
    incoming.on('error', onBreak)
    incoming.on('close', onBreak)
  })
}

/** A request without either of these fields has no body (RFC 9112 section 6.3); HTTP/2 may have one. */
function announcesBody({ headers }: IncomingBody): boolean {
  const length = headers['content-length']
  if (length !== undefined) return Number(length) !== 0
  return headers['transfer-encoding'] !== undefined || headers[':method'] !== undefined
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function tooLong(maxBytes: number): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', `The body is longer than ${maxBytes} bytes.`, {
    reason: 'request_invalid',
    status: 413,
    // The rest of the body is still to come, and nobody will read it.
    headers: { connection: 'close' },
  })
}

function brokenOff(cause: unknown): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', 'The body broke off.', {
    reason: 'request_invalid',
    status: 400,
    ...(cause !== undefined && { cause }),
  })
}
