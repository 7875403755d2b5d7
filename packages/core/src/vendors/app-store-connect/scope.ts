import { describe, invalid } from '../../base/options.ts'

/** A checked `scope`. */
export interface AppStoreConnectScope {
  readonly entries: readonly string[]
  /** Every entry is on a resource for which Apple takes tokens of up to six months. */
  readonly longLived: boolean
}

const ENTRY = /^([A-Z]+) (\/[^\s?#]*)(\?[^\s#]*)?$/

/**
 * Build actions, build runs, Git references, issues, macOS versions, products, providers, pull
 * requests, repositories, test results, workflows and Xcode versions.
 */
const LONG_LIVED_COLLECTIONS: ReadonlySet<string> = new Set([
  'ciBuildActions',
  'ciBuildRuns',
  'scmGitReferences',
  'ciIssues',
  'ciMacOsVersions',
  'ciProducts',
  'scmProviders',
  'scmPullRequests',
  'scmRepositories',
  'ciTestResults',
  'ciWorkflows',
  'ciXcodeVersions',
])

/** Power and performance metrics and logs: they hang on apps, builds and signatures. */
const LONG_LIVED_METRICS: readonly RegExp[] = [
  /^\/v1\/(?:apps|builds)\/[^/]+\/perfPowerMetrics$/,
  /^\/v1\/builds\/[^/]+\/diagnosticSignatures$/,
  /^\/v1\/diagnosticSignatures\/[^/]+\/logs$/,
]

/** Checks a `scope` by Apple's rules: entries of the form `GET /path?query`, and GET alone. */
export function compileScope(scope: readonly string[]): AppStoreConnectScope {
  if (!Array.isArray(scope) || scope.length === 0) {
    throw invalid(
      'scope',
      `"scope" must be an array of entries such as "GET /v1/apps", not ${describe(scope)}. Leave it out for a token without a scope.`,
    )
  }
  const entries = scope.map((entry: unknown, index) => requireEntry(entry, index))
  return {
    entries: Object.freeze(entries.map(({ text }) => text)),
    longLived: entries.every(({ path }) => isLongLived(path)),
  }
}

function requireEntry(entry: unknown, index: number): { text: string; path: string } {
  const match = typeof entry === 'string' ? ENTRY.exec(entry) : null
  if (match === null) {
    throw invalid(
      'scope',
      `"scope[${index}]" must read "GET /v1/apps?filter[platform]=IOS": a method, one space, a path and perhaps a query.`,
    )
  }
  const [text, method = '', path = ''] = match
  if (method !== 'GET') {
    throw invalid('scope', `"scope[${index}]" says ${method.slice(0, 8)}; Apple scopes GET only.`)
  }
  return { text, path }
}

function isLongLived(path: string): boolean {
  const collection = /^\/v1\/([^/]+)(?:\/|$)/.exec(path)?.[1] ?? ''
  return (
    LONG_LIVED_COLLECTIONS.has(collection) ||
    LONG_LIVED_METRICS.some((pattern) => pattern.test(path))
  )
}
