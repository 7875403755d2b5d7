/** Thrown when a body is longer than it may be. */
export class BodyTooLong extends Error {
  override readonly name: string = 'BodyTooLong'
}

/**
 * Reads an answer's body as UTF-8 text, and lets go of it once it is longer than `maxBytes`, or when
 * the signal aborts, whatever the body itself does about that.
 */
export async function readBoundedText(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  if (response.body === null) return ''
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const letGo = (): void => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', letGo, { once: true })
  try {
    return await readAll(reader, maxBytes)
  } finally {
    signal.removeEventListener('abort', letGo)
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > maxBytes) {
      reader.cancel().catch(() => {})
      throw new BodyTooLong(`The body is longer than ${maxBytes} bytes.`)
    }
    text += decoder.decode(value, { stream: true })
  }
}
