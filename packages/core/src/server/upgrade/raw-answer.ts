import { statusTitle } from '../../base/errors.ts'
import type { HttpAnswer } from '../../http/answer.ts'

// What would end a field before its time (RFC 9110 section 5.5).
// oxlint-disable-next-line no-control-regex -- these are the ones
const CONTROLS = /[\x00-\x08\x0A-\x1F\x7F]/g

/**
 * Writes an answer as HTTP/1.1 text, for a connection that no HTTP server looks after any more. It is
 * the last one on its connection (RFC 9112 section 9.6).
 */
export function rawAnswer({ status, headers, body }: HttpAnswer): string {
  const connection = headers['upgrade'] === undefined ? 'close' : 'close, upgrade'
  const length = new TextEncoder().encode(body).byteLength
  const all = { ...headers, 'content-length': String(length), connection }
  const fields = Object.entries(all).map(
    ([name, value]) => `${name}: ${value.replaceAll(CONTROLS, ' ')}\r\n`,
  )
  return `HTTP/1.1 ${status} ${statusTitle(status) ?? ''}\r\n${fields.join('')}\r\n${body}`
}
