import { randomBytes } from 'node:crypto'
import type { Clock } from '@mayfly/core'
import { requireNumber } from '@mayfly/core/adapter'
import { LedgerConflictError, LedgerError } from './errors.ts'
import type {
  FoundToken,
  GenerationSpace,
  Ledger,
  StoredKey,
  TokenKind,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger.ts'
import { MongoConnection } from './mongodb/connection.ts'
import {
  fromDocument,
  type KeysDocument,
  newestFirst,
  pageFilter,
  requireKeepable,
  toDocument,
  toPage,
} from './mongodb/documents.ts'
import { DUPLICATE, isDuplicate, writeErrorsOf } from './mongodb/failure.ts'
import { migrateMongo } from './mongodb/migrate.ts'
import { RecordBatch, recordName } from './record-batch.ts'

/** How many tokens are forgotten in one command: others write in between. */
const PURGE_BATCH = 500
/** How often a change of the keys begins again because another node was faster. */
const MAX_TRIES = 100
/** How many states of the keys stay behind the newest one. */
const KEPT_STATES = 50

/**
 * The ledger in a MongoDB database, for several nodes. It needs no transactions and no change streams:
 * what one node alone may do is a document that one node alone can insert.
 */
export class MongoLedger implements Ledger {
  readonly #connection: MongoConnection
  readonly #records: RecordBatch
  readonly #clock: Clock
  #sequence = 0

  private constructor(connection: MongoConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    this.#records = new RecordBatch((tokens) => this.#insert(tokens), {
      isRefusedValue: () => false,
      isTransient: () => false,
    })
  }

  /**
   * @param retention seconds that records are kept after their end, where an index is to see to it too.
   * @throws {OptionError} when it is no address of MongoDB.
   * @throws {LedgerError} when the database cannot be reached, or is not fit for us.
   */
  static async open(address: string, clock: Clock, retention?: number): Promise<MongoLedger> {
    const connection = new MongoConnection(address)
    try {
      await connection.during(() => migrateMongo(connection, retention))
      return new MongoLedger(connection, clock)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  record(token: TokenRecord): Promise<void> {
    return this.#connection.during(async () => {
      requireKeepable(token, this.#connection.name)
      await this.#records.add(token)
    })
  }

  findByTokenId(kind: TokenKind, tokenId: string): Promise<FoundToken | undefined> {
    return this.#find({ _id: recordName({ kind, tokenId }) })
  }

  findByHash(tokenHash: string): Promise<FoundToken | undefined> {
    return this.#find({ token_hash: tokenHash })
  }

  list(query: TokenQuery): Promise<TokenPage> {
    const { limit } = query
    return this.#connection.during(async () => {
      requireNumber(limit, 'limit', { min: 1, max: 200, integer: true, unit: 'records' })
      const found = this.#connection.tokens
        .find(pageFilter(query))
        .sort({ issued_at: -1, sequence: -1 })
        .limit(limit + 1)
      return toPage(await found.toArray(), limit)
    })
  }

  revoke(kind: TokenKind, tokenId: string, at: number): Promise<boolean> {
    const { tokens } = this.#connection
    const record = { _id: recordName({ kind, tokenId }) }
    return this.#connection.during(async () => {
      const revoking = { $set: { revoked_at: at } }
      const { modifiedCount } = await tokens.updateOne(
        { ...record, revoked_at: { $exists: false } },
        revoking,
      )
      return modifiedCount > 0 || (await tokens.findOne(record)) !== null
    })
  }

  generation(space: GenerationSpace, name: string): Promise<number> {
    const owner = `${space} ${name}`
    return this.#connection.during(async () => {
      const found = this.#connection.generations.find({ owner }).sort({ value: -1 }).limit(1)
      return (await found.next())?.value ?? 0
    })
  }

  async bumpGeneration(space: GenerationSpace, name: string): Promise<number> {
    let from = await this.generation(space, name)
    while (!(await this.#begin(space, name, from + 1))) from += 1
    return from + 1
  }

  async advanceGeneration(space: GenerationSpace, name: string, from: number): Promise<boolean> {
    return (await this.generation(space, name)) === from && this.#begin(space, name, from + 1)
  }

  /** Each generation is a document of its own that one can insert. None is ever removed. */
  #begin(space: GenerationSpace, name: string, value: number): Promise<boolean> {
    const owner = `${space} ${name}`
    const beginning = { _id: `${owner} ${value}`, owner, value }
    return this.#connection.during(() => isNew(this.#connection.generations.insertOne(beginning)))
  }

  keys(): Promise<readonly StoredKey[]> {
    return this.#connection.during(async () => newestFirst((await this.#ring()).keys))
  }

  addKey(key: StoredKey, expectedNewest: string | undefined): Promise<boolean> {
    return this.#changeKeys((keys) => {
      if (newestFirst(keys)[0]?.keyId !== expectedNewest) return undefined
      if (keys.some(({ keyId }) => keyId === key.keyId)) throw new LedgerConflictError()
      return [...keys, key]
    })
  }

  needKeyUntil(keyId: string, neededUntil: number): Promise<boolean> {
    return this.#changeKeys((keys) => {
      if (!keys.some((each) => each.keyId === keyId)) return undefined
      return keys.map((each) =>
        each.keyId === keyId
          ? { ...each, neededUntil: Math.max(each.neededUntil, neededUntil) }
          : each,
      )
    })
  }

  removeKey(keyId: string): Promise<boolean> {
    return this.#changeKeys((keys) => {
      const rest = keys.filter((each) => each.keyId !== keyId)
      return rest.length === keys.length ? undefined : rest
    })
  }

  async purge({ expiredBefore, now }: { expiredBefore: number; now: number }): Promise<number> {
    // A key is spent when nobody needs it and a newer one signs.
    await this.#changeKeys((keys) => {
      const ordered = newestFirst(keys)
      const signer = ordered.findIndex(({ activeFrom }) => activeFrom <= now)
      const kept = ordered.filter(
        ({ neededUntil }, at) => neededUntil >= now || signer === -1 || at <= signer,
      )
      return kept.length === keys.length ? undefined : kept
    })
    let purged = 0
    for (;;) {
      const batch = await this.#connection.during(() => this.#purgeBatch(expiredBefore))
      purged += batch
      if (batch < PURGE_BATCH) return purged
    }
  }

  async ping(): Promise<void> {
    await this.#connection.during(async () => {
      // As much as a batch of tokens: on a disk that is nearly full a single number would still fit.
      const ballast = randomBytes(8192).toString('base64')
      const { counters } = this.#connection
      await counters.updateOne({ _id: 'pulse' }, { $inc: { value: 1 }, $set: { ballast } })
    })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #find(filter: { _id: string } | { token_hash: string }): Promise<FoundToken | undefined> {
    return this.#connection.during(async () => {
      const found = await this.#connection.tokens.findOne(filter)
      return found === null ? undefined : fromDocument(found)
    })
  }

  /** Inserts tokens under numbers of their own, in their order, and gives the names of those that were new. */
  async #insert(tokens: readonly TokenRecord[]): Promise<ReadonlySet<string>> {
    const { tokens: collection } = this.#connection
    const documents = tokens.map((token) => toDocument(token, this.#nextSequence()))
    const names = tokens.map(recordName)
    try {
      await collection.insertMany(documents, { ordered: false })
      return new Set(names)
    } catch (error) {
      const failed = writeErrorsOf(error)
      if (failed === undefined || failed.some(({ code }) => code !== DUPLICATE)) throw error
      const inserted = new Set(names)
      for (const { index } of failed) {
        const token = tokens[index]
        if (token === undefined) throw error
        if (!(await this.#isOtherNumber(token))) inserted.delete(recordName(token))
      }
      return inserted
    }
  }

  /** Whether it was the number alone that another node had taken; the token is recorded under the next. */
  async #isOtherNumber(token: TokenRecord): Promise<boolean> {
    const { tokens } = this.#connection
    const same = { $or: [{ _id: recordName(token) }, { token_hash: token.tokenHash }] }
    for (;;) {
      if ((await tokens.findOne(same)) !== null) return false
      if (await isNew(tokens.insertOne(toDocument(token, this.#nextSequence())))) return true
    }
  }

  /** Numbers grow with the time, so that nodes need not ask each other; an index keeps them apart. */
  #nextSequence(): number {
    this.#sequence = Math.max(this.#sequence + 1, this.#clock.now() * 1000)
    return this.#sequence
  }

  async #purgeBatch(expiredBefore: number): Promise<number> {
    const { tokens } = this.#connection
    const doomed = await tokens
      .find({ expires_at: { $lt: expiredBefore } }, { projection: { _id: 1 } })
      .limit(PURGE_BATCH)
      .toArray()
    if (doomed.length === 0) return 0
    const ids = doomed.map(({ _id: id }) => id)
    const { deletedCount } = await tokens.deleteMany({ _id: { $in: ids } })
    return deletedCount
  }

  async #ring(): Promise<KeysDocument> {
    const found = await this.#connection.keys.find().sort({ _id: -1 }).limit(1).next()
    return found ?? { _id: 0, keys: [] }
  }

  /**
   * Changes the keys as they are at that moment; `undefined` changes nothing, and gives `false`. Each
   * state of them is a document that one can insert.
   */
  #changeKeys(
    change: (keys: readonly StoredKey[]) => readonly StoredKey[] | undefined,
  ): Promise<boolean> {
    const { keys: states } = this.#connection
    return this.#connection.during(async () => {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const { _id: state, keys } = await this.#ring()
        const changed = change(keys)
        if (changed === undefined) return false
        if (!(await isNew(states.insertOne({ _id: state + 1, keys: changed })))) continue
        // Far behind: whoever is still about to insert one of these would believe that it is the newest.
        await states.deleteMany({ _id: { $lt: state - KEPT_STATES } })
        return true
      }
      throw new LedgerError('ERR_LEDGER_UNAVAILABLE', 'The keys are changed too often at once.')
    })
  }
}

/** Whether a document could be inserted; `false` where there is one of its kind. */
async function isNew(inserting: Promise<unknown>): Promise<boolean> {
  try {
    await inserting
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
