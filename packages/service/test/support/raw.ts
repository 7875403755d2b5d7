import { connect } from 'node:net'

/** Sends bytes as they are, and gives all that comes back: what no HTTP client would send. */
export async function sendRaw(url: string, ...parts: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
  })
  // Whoever sends too much is cut off in the middle of it.
  socket.on('error', () => {})
  for (const part of parts) socket.write(part, 'latin1')
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
  })
  return received
}

/** A request line and headers, after which the connection ends. */
export function rawRequest(line: string, ...headers: readonly string[]): string {
  return `${[line, 'Host: x', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`
}
