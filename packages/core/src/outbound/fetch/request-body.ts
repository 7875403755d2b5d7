/** A body that was given as a `Request` is kept up to this size, so that it can be sent again. */
const KEEP_BYTES = 1024 * 1024

/** Whether a body can be sent more than once. A stream or an iterable cannot. */
export function canResend(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true
  return body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob
}

/**
 * Reads a request's body stream as bytes where it ends within a megabyte. A longer one stays a
 * stream, with what was read put back in front. Ends with the signal.
 */
export async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  // A read that waits ends as if the body had.
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  try {
    while (length <= KEEP_BYTES) {
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) return concatenate(chunks, length)
      chunks.push(value)
      length += value.byteLength
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const kept = chunks.shift()
      if (kept !== undefined) {
        controller.enqueue(kept)
        return
      }
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
