import { randomUUID } from 'node:crypto'
import type { SandboxReply, SandboxRequest } from '../vendor.ts'

/** A notification that was taken. */
export interface ApnsNotification {
  readonly id: string
  readonly deviceToken: string
  readonly topic: string
  /** The payload as it was sent, if it was JSON. */
  readonly payload: unknown
}

/** What notifications are judged against. */
export interface Delivery {
  readonly topics: readonly string[]
  /** Devices that have left, and when: milliseconds since the epoch. */
  readonly unregistered: ReadonlyMap<string, number>
  readonly deliver: (notification: ApnsNotification) => void
}

const MAX_PAYLOAD_BYTES = 4096
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const DEVICE_PATH = /^\/3\/device\/([^/]+)$/
const DEVICE_TOKEN = /^(?:[0-9a-f]{2}){32,100}$/i

/** An error as APNs writes it. */
export function refusal(status: number, reason: string, id?: string): SandboxReply {
  return { status, headers: { 'apns-id': id ?? randomUUID() }, body: { reason } }
}

/** Refuses a request that is none for a device, before any token is looked at. */
export function judgeRoute({ method, path }: SandboxRequest): SandboxReply | undefined {
  if (!DEVICE_PATH.test(path)) return refusal(404, 'BadPath')
  return method === 'POST' ? undefined : refusal(405, 'MethodNotAllowed')
}

/** Answers a request whose token is good. */
export function push(request: SandboxRequest, delivery: Delivery): SandboxReply {
  const id = request.header('apns-id') ?? randomUUID()
  if (!UUID.test(id)) return refusal(400, 'BadMessageId')
  const deviceToken = DEVICE_PATH.exec(request.path)?.[1] ?? ''
  const topic = request.header('apns-topic')
  const { topics, unregistered, deliver } = delivery
  if (topic === undefined) return refusal(400, 'MissingTopic', id)
  if (!topics.includes(topic)) return refusal(400, 'TopicDisallowed', id)
  if (!DEVICE_TOKEN.test(deviceToken)) return refusal(400, 'BadDeviceToken', id)
  const { body } = request
  if (body.byteLength === 0) return refusal(400, 'PayloadEmpty', id)
  if (body.byteLength > MAX_PAYLOAD_BYTES) return refusal(413, 'PayloadTooLarge', id)
  const since = unregistered.get(deviceToken)
  if (since !== undefined) {
    const gone = refusal(410, 'Unregistered', id)
    return { ...gone, body: { reason: 'Unregistered', timestamp: since } }
  }
  deliver({ id, deviceToken, topic, payload: parsed(body) })
  return { status: 200, headers: { 'apns-id': id, 'apns-unique-id': randomUUID() } }
}

/** The answer with a status that a test asked for. */
export function failure(status: number): SandboxReply {
  const reasons: Readonly<Record<number, string>> = {
    403: 'Forbidden',
    429: 'TooManyRequests',
    500: 'InternalServerError',
    503: 'ServiceUnavailable',
  }
  return refusal(status, reasons[status] ?? (status >= 500 ? 'InternalServerError' : 'BadPath'))
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}
