import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import { githubError } from './app-judge.ts'

/** A place where the app is installed. */
export interface GithubInstallation {
  readonly id: number
  readonly account: string
  readonly repositories: readonly GithubRepository[]
  readonly permissions: Readonly<Record<string, 'read' | 'write' | 'admin'>>
}

/** A repository that an installation has. */
export interface GithubRepository {
  readonly id: number
  readonly name: string
}

/** What an installation's token stands for. */
export interface InstallationGrant {
  readonly installationId: number
  readonly repositories: readonly GithubRepository[]
  readonly permissions: Readonly<Record<string, string>>
  /** The token is for some of the repositories only. */
  readonly selected: boolean
}

/** Why an installation's token was not given. */
export type InstallationFault =
  | 'installation-unknown'
  | 'installation-suspended'
  | 'body'
  | 'repository'
  | 'permission'

export type InstallationVerdict =
  | { readonly grant: InstallationGrant }
  | { readonly fault: InstallationFault; readonly reply: SandboxReply }

/** The installation that a sandbox has unless it is told otherwise. */
export const INSTALLATION: GithubInstallation = {
  id: 12_345_678,
  account: 'octo-org',
  repositories: [
    { id: 1296269, name: 'hello-world' },
    { id: 1296270, name: 'spoon-knife' },
  ],
  permissions: { contents: 'write', issues: 'read', metadata: 'read' },
}

const LEVELS = ['read', 'write', 'admin']

/** Judges a request for an installation's token. */
export function judgeInstallation(
  request: SandboxRequest,
  installation: GithubInstallation | undefined,
  isSuspended: boolean,
): InstallationVerdict {
  if (installation === undefined) {
    return { fault: 'installation-unknown', reply: githubError(404, 'Not Found') }
  }
  if (isSuspended) {
    const reply = githubError(403, 'This installation has been suspended')
    return { fault: 'installation-suspended', reply }
  }
  const wanted = readBody(request)
  if (wanted === undefined) {
    return { fault: 'body', reply: githubError(400, 'Problems parsing JSON') }
  }
  const { repositories = [], repository_ids: ids = [], permissions } = wanted
  const selected = repositories.length + ids.length > 0
  const chosen = installation.repositories.filter(
    ({ id, name }) => repositories.includes(name) || ids.includes(id),
  )
  if (chosen.length < repositories.length + ids.length) {
    const message =
      'There is at least one repository that does not exist or is not accessible to the parent installation.'
    return { fault: 'repository', reply: githubError(422, message) }
  }
  const exceeds = Object.entries(permissions ?? {}).some(
    ([name, level]) =>
      LEVELS.indexOf(level) > LEVELS.indexOf(installation.permissions[name] ?? 'none'),
  )
  if (exceeds) {
    const message = 'The permissions requested are not granted to this installation.'
    return { fault: 'permission', reply: githubError(422, message) }
  }
  return {
    grant: {
      installationId: installation.id,
      repositories: selected ? chosen : installation.repositories,
      permissions: permissions ?? installation.permissions,
      selected,
    },
  }
}

interface Wanted {
  readonly repositories?: readonly string[]
  readonly repository_ids?: readonly number[]
  readonly permissions?: Readonly<Record<string, string>>
}

function readBody({ body }: SandboxRequest): Wanted | undefined {
  if (body.length === 0) return {}
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Wanted
  } catch {
    return undefined
  }
}
