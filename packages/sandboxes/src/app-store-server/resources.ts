import { randomUUID } from 'node:crypto'
import type { SandboxReply, SandboxRequest } from '../vendor.ts'

const TRANSACTION = /^\/inApps\/v1\/transactions\/([^/]+)$/

/** The one answer to every token that Apple does not like. It has no error code. */
export function unauthenticated(): SandboxReply {
  const id = randomUUID().replaceAll('-', '').toUpperCase()
  return { status: 401, body: `Unauthenticated\n\nRequest ID: ${id}.0.0\n` }
}

/** Answers a request whose token is good. */
export function answer(request: SandboxRequest, transactionIds: readonly string[]): SandboxReply {
  const { method, path } = request
  const transactionId = TRANSACTION.exec(path)?.[1]
  if (transactionId !== undefined && method === 'GET') {
    if (!/^\d{1,20}$/.test(transactionId)) {
      return failed(400, 4_000_006, 'Invalid transaction id.')
    }
    return transactionIds.includes(transactionId)
      ? { status: 200, body: { signedTransactionInfo: `sandbox.${transactionId}.unsigned` } }
      : failed(404, 4_040_010, 'Transaction id not found.')
  }
  if (path === '/inApps/v1/notifications/test' && method === 'POST') {
    return { status: 200, body: { testNotificationToken: randomUUID() } }
  }
  return { status: 404, body: '' }
}

/** The answer with a status that a test asked for. */
export function failure(status: number): SandboxReply {
  if (status === 401) return unauthenticated()
  if (status === 429) return failed(429, 4_290_000, 'Rate limit exceeded.')
  if (status >= 500)
    return failed(status, 5_000_001, 'An unknown error occurred. Please try again.')
  return failed(status, 4_000_000, 'Bad request.')
}

function failed(status: number, errorCode: number, errorMessage: string): SandboxReply {
  return { status, body: { errorCode, errorMessage } }
}
