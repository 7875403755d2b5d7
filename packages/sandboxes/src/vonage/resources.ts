import { randomUUID } from 'node:crypto'
import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import { invalidParameters, notFound } from './replies.ts'

/** Something that a request has made. */
type Resource = Readonly<Record<string, unknown>>

/** The few resources that the sandbox has: messages, calls, users and conversations. */
export class Resources {
  readonly #calls: Resource[] = []
  readonly #users: Resource[] = []

  /** Answers a request whose token is good. */
  answer(request: SandboxRequest): SandboxReply {
    const { method, path } = request
    if (method === 'POST' && path === '/v1/messages') return sendMessage(request)
    if (path === '/v1/calls') return method === 'POST' ? this.#call(request) : this.#list('calls')
    if (/^\/v[\d.]+\/users$/.test(path)) {
      return method === 'POST' ? this.#createUser(request) : this.#list('users')
    }
    return method === 'GET' && /^\/v[\d.]+\/conversations$/.test(path)
      ? listReply('conversations', [])
      : notFound()
  }

  #call(request: SandboxRequest): SandboxReply {
    const to = bodyOf(request)?.['to']
    if (!Array.isArray(to) || to.length === 0) return invalidParameters('to', 'is missing')
    const uuid = randomUUID()
    const call = {
      uuid,
      status: 'started',
      direction: 'outbound',
      conversation_uuid: `CON-${uuid}`,
    }
    this.#calls.push(call)
    return { status: 201, body: call }
  }

  #createUser(request: SandboxRequest): SandboxReply {
    const name = bodyOf(request)?.['name']
    if (typeof name !== 'string') return invalidParameters('name', 'is missing')
    const user = { id: `USR-${randomUUID()}`, name }
    this.#users.push(user)
    return { status: 201, body: user }
  }

  #list(name: 'calls' | 'users'): SandboxReply {
    return listReply(name, name === 'calls' ? this.#calls : this.#users)
  }
}

function sendMessage(request: SandboxRequest): SandboxReply {
  const body = bodyOf(request)
  for (const name of ['channel', 'message_type', 'to', 'from']) {
    if (typeof body?.[name] !== 'string') return invalidParameters(name, 'is missing')
  }
  return { status: 202, body: { message_uuid: randomUUID() } }
}

function listReply(name: string, list: readonly Resource[]): SandboxReply {
  return { status: 200, body: { count: list.length, page_size: 10, _embedded: { [name]: list } } }
}

function bodyOf(request: SandboxRequest): Resource | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(request.body).toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Resource) : undefined
  } catch {
    return undefined
  }
}
