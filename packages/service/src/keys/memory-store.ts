import { IN_MEMORY } from '../ledger/database-kind.ts'
import { SqliteLedger } from '../ledger/sqlite.ts'
import type { KeyStore } from './options.ts'

/** Keeps signing keys in memory: a restart forgets them, and no other node has them. */
export function memoryKeyStore(): KeyStore {
  return SqliteLedger.open(IN_MEMORY, 0)
}
