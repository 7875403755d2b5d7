import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { GrantManager, type GrantStore, type GrantSummary } from '@mayfly/core/grants'
import { type Command, Option } from 'commander'
import type { AddCommand, CliContext } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { relativeText } from '../text/times.ts'
import { visible } from '../text/visible.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'

interface GrantFlags {
  readonly store?: string
  readonly sealingKeyFile?: string
  readonly json?: true
}

interface RevokeFlags extends GrantFlags {
  readonly revocationEndpoint?: string
  readonly clientId?: string
  readonly secretEnv?: string
  readonly localOnly?: true
}

/** Adds `mayfly grants`: a look at the refresh grants of a store, and ending them. */
export const addGrants: AddCommand = (program, context) => {
  const grants = program
    .command('grants')
    .summary('list, revoke and re-seal the connected accounts of a store')
    .description('Looks at the refresh grants that a GrantManager keeps. No token is ever printed.')
    .helpCommand(false)
  add(grants, 'list', 'list all grants')
    .option('--json', 'print them as JSON, one a line')
    .action(context.action(async ({ options }) => list(options as GrantFlags, context)))
  add(grants, 'show <id>', 'show one grant as JSON').action(
    context.action(async ({ args: [id = ''], options }) =>
      show(id, options as GrantFlags, context),
    ),
  )
  add(grants, 'revoke <id>', 'revoke a grant at its server (RFC 7009), and delete it')
    .option('--revocation-endpoint <url>', 'where the server takes revocations')
    .option('--client-id <id>', 'the client that the grant is of')
    .option('--secret-env <name>', 'the environment variable with its secret')
    .option('--local-only', 'only delete it here: its tokens live on at the server')
    .action(
      context.action(async ({ args: [id = ''], options }) =>
        revoke(id, options as RevokeFlags, context),
      ),
    )
  add(grants, 'reseal', 'seal all records with the first key of the file').action(
    context.action(async ({ options }) => reseal(options as GrantFlags, context)),
  )
  addExamples(grants, [
    ['who is connected', 'mayfly grants list --store grants.db --sealing-key-file sealing.keys'],
    [
      'after a new key was put in front of the old one',
      'mayfly grants reseal --store grants.db --sealing-key-file sealing.keys',
    ],
  ])
}

function add(grants: Command, name: string, summary: string): Command {
  return grants
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .addOption(
      new Option('--store <where>', 'a SQLite file, or postgres://… (or MAYFLY_GRANTS_STORE)'),
    )
    .option('--sealing-key-file <file>', 'the keys of the sealing, one a line; the first one seals')
}

async function list(flags: GrantFlags, context: CliContext): Promise<undefined> {
  await using opened = await open(flags, context)
  let count = 0
  for await (const grant of opened.grants.list()) {
    count++
    await context.print(flags.json === true ? JSON.stringify(grant) : lineOf(grant, context))
  }
  if (count === 0 && flags.json !== true) await context.print('There are no grants.')
}

async function show(
  id: string,
  flags: GrantFlags,
  context: CliContext,
): Promise<ExitCode | undefined> {
  await using opened = await open(flags, context)
  const grant = await opened.grants.show(id)
  if (grant === undefined) throw new UnavailableError('There is no grant of this id.')
  await context.print(JSON.stringify(grant, undefined, 2))
  return grant.state === 'active' ? ExitCode.ok : ExitCode.refused
}

async function revoke(id: string, flags: RevokeFlags, context: CliContext): Promise<undefined> {
  if ((flags.revocationEndpoint === undefined) !== (flags.localOnly === true)) {
    throw new UsageError('Give --revocation-endpoint with --client-id, or --local-only.')
  }
  await using opened = await open(flags, context)
  if ((await opened.grants.show(id)) === undefined) {
    throw new UnavailableError('There is no grant of this id.')
  }
  await opened.grants.revoke(id)
  const where = flags.localOnly === true ? 'Deleted here; its tokens live on' : 'Revoked'
  await context.print(`${where}: ${visible(id)}`)
}

async function reseal(flags: GrantFlags, context: CliContext): Promise<ExitCode | undefined> {
  await using opened = await open(flags, context)
  const { resealed, current, unreadable } = await opened.grants.reseal()
  await context.print(
    `Sealed anew: ${resealed}. As they were: ${current}. Unreadable: ${unreadable}.`,
  )
  return unreadable === 0 ? ExitCode.ok : ExitCode.refused
}

function lineOf(grant: GrantSummary, { io }: CliContext): string {
  const { id, state, cause, expiresAt, endsAt, rotation } = grant
  const now = io.clock.now() / 1000
  return [
    visible(id),
    cause === undefined ? state : `${state} (${cause})`,
    expiresAt === undefined ? '' : `token ends ${relativeText(expiresAt, now)}`,
    endsAt === undefined ? '' : `grant ends ${relativeText(endsAt, now)}`,
    rotation === undefined ? '' : `refreshed ${rotation} times`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

interface Opened extends AsyncDisposable {
  readonly grants: GrantManager
}

async function open(flags: RevokeFlags, context: CliContext): Promise<Opened> {
  const { env, clock, fetch } = context.io
  const where = flags.store ?? env['MAYFLY_GRANTS_STORE']
  if (where === undefined)
    throw new UsageError('Give --store: a SQLite file, or the URL of a PostgreSQL database.')
  const keys = await readKeys(flags.sealingKeyFile)
  const { clientId = 'mayfly-cli', secretEnv, revocationEndpoint } = flags
  const clientSecret = secretEnv === undefined ? undefined : env[secretEnv]
  if (secretEnv !== undefined && clientSecret === undefined) {
    throw new UsageError(`The environment has no ${secretEnv}.`)
  }
  const { store, close } = await openStore(where)
  const grants = new GrantManager({
    store,
    sealing: keys,
    client: { clientId, ...(clientSecret !== undefined && { clientSecret }) },
    ...(revocationEndpoint !== undefined && { revocationEndpoint }),
    clock,
    fetch,
  })
  return {
    grants,
    [Symbol.asyncDispose]: async () => {
      await grants.close()
      await close()
    },
  }
}

async function readKeys(file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) throw new UsageError('Give --sealing-key-file: records are encrypted.')
  try {
    return (await readFile(file, 'utf8')).split(/\s+/).filter((line) => line !== '')
  } catch (cause) {
    throw new UnavailableError(`The file ${visible(file)} cannot be read.`, { cause })
  }
}

/** Loaded when it is wanted: the drivers of databases take their time. */
async function openStore(
  where: string,
): Promise<{ readonly store: GrantStore; readonly close: () => Promise<void> }> {
  const { PostgresGrantStore, SqliteGrantStore } = await import('@mayfly/service/grants')
  if (/^postgres(?:ql)?:/.test(where)) {
    const store = new PostgresGrantStore(where)
    return { store, close: async () => store[Symbol.asyncDispose]() }
  }
  if (!existsSync(where)) throw new UnavailableError(`There is no file ${visible(where)}.`)
  const store = new SqliteGrantStore(where)
  return { store, close: async () => store[Symbol.dispose]() }
}
