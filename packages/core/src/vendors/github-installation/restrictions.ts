import { describe, invalid } from '../../base/options.ts'

/** What an installation's token may do with one kind of thing. */
export type GithubAccess = 'read' | 'write' | 'admin'

const MAX_REPOSITORIES = 500

interface Repositories {
  readonly repositories?: readonly string[]
  readonly repository_ids?: readonly number[]
}

/** Checks the option `repositories`, and writes it as GitHub wants it. */
export function compileRepositories(given: readonly (string | number)[] | undefined): Repositories {
  if (given === undefined) return {}
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_REPOSITORIES) {
    throw invalid(
      'repositories',
      `"repositories" must be a list of 1 to ${MAX_REPOSITORIES} names or ids; leave it out for all.`,
    )
  }
  const list: readonly unknown[] = given
  const names = list.filter((one) => typeof one === 'string')
  const ids = list.filter((one) => typeof one === 'number')
  if (names.some((name) => !/^[\w.-]{1,100}$/.test(name))) {
    const hint = names.some((name) => name.includes('/'))
      ? ' Leave out the owner and the slash.'
      : ''
    throw invalid('repositories', `"repositories" must hold names such as "hello-world".${hint}`)
  }
  if (
    names.length + ids.length < list.length ||
    ids.some((id) => !(Number.isSafeInteger(id) && id > 0))
  ) {
    throw invalid('repositories', '"repositories" must hold names and ids.')
  }
  return {
    ...(names.length > 0 && { repositories: names.toSorted() }),
    ...(ids.length > 0 && { repository_ids: ids.toSorted((a, b) => a - b) }),
  }
}

/** Checks the option `permissions`, and writes it as GitHub wants it. */
export function compilePermissions(given: Readonly<Record<string, GithubAccess>> | undefined): {
  readonly permissions?: Readonly<Record<string, string>>
} {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('permissions', `"permissions" must be an object, not ${describe(given)}.`)
  }
  const entries = Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, access] of entries) {
    if (/^[a-z_]{1,64}$/.test(name) && ['read', 'write', 'admin'].includes(access)) continue
    throw invalid(
      'permissions',
      '"permissions" must be of the form { contents: "read" }: "read", "write" or "admin" by name.',
    )
  }
  return { permissions: Object.fromEntries(entries) }
}
