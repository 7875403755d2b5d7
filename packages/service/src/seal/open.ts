import { OptionError } from '@mayfly/core'
import { databaseKind, IN_MEMORY } from '../ledger/database-kind.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { sealKeysOfFile } from './key-file.ts'
import { generateSealKey } from './seal-key.ts'
import { Sealer } from './sealer.ts'

/** What {@link openSealer} is told. */
export interface OpenSealerOptions {
  /** Where the ledger is; `undefined` for a ledger that the caller made. */
  readonly database: string | undefined
  readonly ledger: Pick<Ledger, 'keys'>
  /** The first one seals, the others open. Left out: a file beside the ledger's. */
  readonly sealKeys?: readonly string[] | undefined
  /** Nothing that is sealed is to outlive the process. */
  readonly ephemeral?: boolean | undefined
}

/**
 * Finds the keys for encryption at rest: those given; else, beside a SQLite file, the file
 * `<database>.key`; and for what does not outlive the process, one in memory.
 *
 * @throws {OptionError} when the ledger needs keys to be given, or those given are unsound.
 * @throws {SealError} `ERR_SEAL_KEY_FILE`
 */
export async function openSealer(options: OpenSealerOptions): Promise<Sealer> {
  const { database, ledger, sealKeys, ephemeral = false } = options
  if (sealKeys !== undefined) return new Sealer(sealKeys)
  if (ephemeral || database === IN_MEMORY) return new Sealer([generateSealKey()])
  if (database !== undefined && databaseKind(database) === 'SQLite') {
    const isEmpty = (await ledger.keys()).length === 0
    return new Sealer(await sealKeysOfFile(`${database}.key`, isEmpty))
  }
  throw new OptionError(
    'ERR_OPTION_REQUIRED',
    'sealKeys',
    '"sealKeys" is required with PostgreSQL and MongoDB, the same for all nodes: signing keys are kept there, encrypted with it. Make one with "mayfly serve seal-key" and keep it apart from the database; or choose "ephemeral".',
  )
}
