import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import { badEntity, noSuchPath, noSuchResource, notAllowed } from './replies.ts'

/** An app that the sandbox lists. */
export interface SandboxApp {
  /** Digits, as Apple's ids are. */
  readonly id: string
  readonly name: string
  readonly bundleId: string
}

interface Resource {
  readonly type: string
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
}

const APPS: readonly SandboxApp[] = [
  { id: '1500000001', name: 'Mayfly', bundleId: 'com.example.mayfly' },
  { id: '1500000002', name: 'Damselfly', bundleId: 'com.example.damselfly' },
  { id: '1500000003', name: 'Dragonfly', bundleId: 'com.example.dragonfly' },
]

/** Lists that are there, and empty: those that a long-lived token may be for. */
const EMPTY_LISTS: readonly string[] = [
  'ciBuildRuns',
  'ciMacOsVersions',
  'ciProducts',
  'ciWorkflows',
  'ciXcodeVersions',
  'scmProviders',
  'scmRepositories',
]

/** The few resources that the sandbox has, in the JSON:API shape of App Store Connect. */
export class Resources {
  readonly #lists: Map<string, readonly Resource[]>

  constructor(apps: readonly SandboxApp[] = APPS) {
    const listed = apps.map(({ id, name, bundleId }) => {
      const attributes = { name, bundleId, sku: bundleId, primaryLocale: 'en-US' }
      return { type: 'apps', id, attributes }
    })
    this.#lists = new Map<string, readonly Resource[]>([
      ['apps', listed],
      ['bundleIds', []],
      ...EMPTY_LISTS.map((type): [string, readonly Resource[]] => [type, []]),
    ])
  }

  /** Answers a request whose token is good. */
  answer(request: SandboxRequest): SandboxReply {
    const [, type = '', id] = /^\/v1\/([A-Za-z]+)(?:\/([^/]+))?$/.exec(request.path) ?? []
    const list = this.#lists.get(type)
    if (list === undefined) return noSuchPath(request.path)
    if (request.method === 'GET' || request.method === 'HEAD') {
      return id === undefined ? listReply(list, request) : this.#one(type, id)
    }
    if (request.method === 'POST' && type === 'bundleIds' && id === undefined) {
      return this.#createBundleId(request)
    }
    return notAllowed(type, request.method)
  }

  #one(type: string, id: string): SandboxReply {
    const found = this.#lists.get(type)?.find((resource) => resource.id === id)
    if (found === undefined) return noSuchResource(type, id)
    return { status: 200, body: { data: found, links: { self: `/v1/${type}/${id}` } } }
  }

  #createBundleId(request: SandboxRequest): SandboxReply {
    const attributes = bundleIdAttributes(request.body)
    if (attributes === undefined) {
      return badEntity("The body must be data of type 'bundleIds' with 'identifier' and 'name'")
    }
    const earlier = this.#lists.get('bundleIds') ?? []
    const id = `B${String(earlier.length + 1).padStart(9, '0')}`
    const created = { type: 'bundleIds', id, attributes }
    this.#lists.set('bundleIds', [...earlier, created])
    return { status: 201, body: { data: created, links: { self: `/v1/bundleIds/${id}` } } }
  }
}

function listReply(list: readonly Resource[], request: SandboxRequest): SandboxReply {
  const bundleId = request.query.get('filter[bundleId]')
  const limit = Number(request.query.get('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
    return badEntity("The parameter 'limit' must be a number from 1 to 200")
  }
  const matching = list.filter(
    ({ attributes }) => bundleId === null || attributes['bundleId'] === bundleId,
  )
  const paging = { total: matching.length, limit }
  return {
    status: 200,
    body: {
      data: matching.slice(0, limit),
      links: { self: request.path },
      meta: { paging },
    },
  }
}

function bundleIdAttributes(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
  const { data } = (parsed ?? {}) as { data?: { type?: unknown; attributes?: unknown } }
  if (data?.type !== 'bundleIds') return undefined
  const attributes = data.attributes as Record<string, unknown> | undefined | null
  const complete =
    typeof attributes?.['identifier'] === 'string' && typeof attributes['name'] === 'string'
  return complete ? attributes : undefined
}
