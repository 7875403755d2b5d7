import { LedgerError } from '../errors.ts'
import type { MongoConnection } from './connection.ts'
import { isDuplicate } from './failure.ts'

/** What this version of the service knows. */
const VERSION = 1
const DAY = 86_400

/**
 * Makes the collections and indexes that are missing. Each step may be done by several nodes at once.
 *
 * @param retention seconds that records are kept after their end. An index lets them go a day later, should
 * no node be there to do it; `undefined`: there is no such index.
 * @throws {LedgerError} `ERR_LEDGER_SCHEMA` when a newer version has been here.
 */
export async function migrateMongo(
  { name, tokens, generations, counters }: MongoConnection,
  retention: number | undefined,
): Promise<void> {
  const schema = await counters.findOne({ _id: 'schema' })
  if (schema !== null && schema.value > VERSION) throw tooNew(name, schema.value)
  const order = { issued_at: -1, sequence: -1 } as const
  await tokens.createIndex({ token_hash: 1 }, { unique: true })
  await tokens.createIndex(order)
  for (const field of ['kind', 'xid', 'phone_number', 'client_id', 'audience']) {
    await tokens.createIndex({ [field]: 1, ...order })
  }
  await tokens.createIndex({ expires_at: 1 })
  await tokens.createIndex({ sequence: 1 }, { unique: true })
  await generations.createIndex({ owner: 1, value: -1 })
  await insertOnce(counters.insertOne({ _id: 'pulse', value: 0 }))
  await insertOnce(counters.insertOne({ _id: 'schema', value: VERSION }))
  if (retention !== undefined) await letGo(tokens, retention + DAY)
}

async function insertOnce(inserting: Promise<unknown>): Promise<void> {
  try {
    await inserting
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

/** What speaks the protocol and has no such index does without: the service purges by itself. */
async function letGo(tokens: MongoConnection['tokens'], seconds: number): Promise<void> {
  const options = { name: 'retention', expireAfterSeconds: seconds }
  try {
    await tokens.createIndex({ ends: 1 }, options)
  } catch (error) {
    // There is one for another time.
    if (!hasCode(error, [85, 86])) return
    await tokens.dropIndex('retention').catch(() => {})
    await tokens.createIndex({ ends: 1 }, options).catch(() => {})
  }
}

function hasCode(error: unknown, codes: readonly number[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(Number(error.code))
}

function tooNew(name: string, version: number): LedgerError {
  return new LedgerError(
    'ERR_LEDGER_SCHEMA',
    `The ledger at ${name} has schema ${version}, and this version of the service knows ${VERSION}. Run the newer version of @mayfly/service that made it.`,
  )
}
