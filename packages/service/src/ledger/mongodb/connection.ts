import { invalid } from '@mayfly/core/adapter'
import { type Collection, type Db, MongoClient } from 'mongodb'
import { closedError } from '../errors.ts'
import type { KeysDocument, TokenDocument } from './documents.ts'
import { mongoFailure } from './failure.ts'

const CONNECT_TIMEOUT_MS = 5000
const ANSWER_TIMEOUT_MS = 15_000
/** What Telesign's tutorial calls its database. */
const USUAL_DATABASE = 'jwt_db'

/** A generation that has begun. */
export interface GenerationDocument {
  readonly _id: string
  readonly owner: string
  readonly value: number
}

/** Small things that are one number each. */
export interface CounterDocument {
  readonly _id: string
  readonly value: number
  readonly ballast?: string
}

/** The collections of a ledger in one database. */
export class MongoConnection {
  /** Host, port and database: what errors call it. */
  readonly name: string
  readonly tokens: Collection<TokenDocument>
  readonly keys: Collection<KeysDocument>
  readonly generations: Collection<GenerationDocument>
  readonly counters: Collection<CounterDocument>
  readonly #secret: string
  readonly #client: MongoClient
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @throws {OptionError} when it is no address of MongoDB. */
  constructor(address: string) {
    this.#client = clientOf(address)
    const { user, password, host, path } =
      /^[^:]+:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<host>[^/?]*)(?:\/(?<path>[^?]*))?/.exec(
        address,
      )?.groups ?? {}
    const database = path === undefined || path === '' ? USUAL_DATABASE : readable(path)
    this.name = `${host}/${database}`
    this.#secret = readable(user === undefined ? '' : (password ?? ''))
    const db: Db = this.#client.db(database)
    this.tokens = db.collection<TokenDocument>('tokens')
    this.keys = db.collection<KeysDocument>('signing_keys')
    this.generations = db.collection<GenerationDocument>('generations')
    this.counters = db.collection<CounterDocument>('counters')
  }

  /** Runs work that {@link MongoConnection.close} waits for, and translates how it fails. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw closedError()
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw mongoFailure(error, this.name, this.#secret)
    } finally {
      this.#running.delete(running)
    }
  }

  /** Waits for what is running, then closes the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#client.close()
  }
}

function clientOf(address: string): MongoClient {
  try {
    return new MongoClient(address, {
      appName: 'mayfly',
      // What was answered is on the disks of most.
      writeConcern: { w: 'majority', journal: true },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      ignoreUndefined: true,
      serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      socketTimeoutMS: ANSWER_TIMEOUT_MS,
    })
  } catch {
    // What it throws may repeat the address, with the password in it.
    throw invalid(
      'database',
      '"database" isn\'t an address of MongoDB: write mongodb://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in the password percent-encoded.',
    )
  }
}

function readable(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
