import type { SandboxRequest } from '../vendor.ts'

/** One entry of a token's `scope`: the only request that it stands for. */
export interface ScopeEntry {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

/** The resources that a token of more than 20 minutes may be for. */
const LONG_LIVED: readonly RegExp[] = [
  /^\/v1\/(?:ci(?:BuildActions|BuildRuns|Issues|MacOsVersions|Products|TestResults|Workflows|XcodeVersions)|scm(?:GitReferences|Providers|PullRequests|Repositories))(?:\/|$)/,
  /^\/v1\/(?:apps|builds)\/[^/]+\/perfPowerMetrics$/,
  /^\/v1\/builds\/[^/]+\/diagnosticSignatures$/,
  /^\/v1\/diagnosticSignatures\/[^/]+\/logs$/,
]

/** Reads the `scope` claim; `undefined` when it is no list of `GET /path?query` entries. */
export function parseScope(claim: unknown): readonly ScopeEntry[] | undefined {
  if (!Array.isArray(claim) || claim.length === 0) return undefined
  const entries = claim.map(parseEntry)
  return entries.every((entry) => entry !== undefined) ? entries : undefined
}

/** Tells whether one of the entries stands for this request: same path, same query, in any order. */
export function scopeAllows(entries: readonly ScopeEntry[], request: SandboxRequest): boolean {
  return entries.some(
    ({ method, path, query }) =>
      method === request.method && path === request.path && sameQuery(query, request.query),
  )
}

/** Tells whether a token with this scope may live for up to six months. */
export function allowsLongLife(entries: readonly ScopeEntry[]): boolean {
  return entries.every(
    ({ method, path }) => method === 'GET' && LONG_LIVED.some((pattern) => pattern.test(path)),
  )
}

function parseEntry(value: unknown): ScopeEntry | undefined {
  if (typeof value !== 'string') return undefined
  const match = /^(GET) (\/[^\s?]*)(?:\?(\S*))?$/.exec(value)
  if (match === null) return undefined
  const [, method = '', path = '', query = ''] = match
  return { method, path, query: new URLSearchParams(query) }
}

function sameQuery(one: URLSearchParams, other: URLSearchParams): boolean {
  return sorted(one) === sorted(other)
}

function sorted(query: URLSearchParams): string {
  const copy = new URLSearchParams(query)
  copy.sort()
  return copy.toString()
}
