import { invalid } from '@mayfly/core/adapter'
import { type ClientBase, Pool, type PoolClient } from 'pg'
import { closedError } from '../errors.ts'
import type { Row } from '../rows.ts'
import { postgresFailure } from './failure.ts'
import { PREPARE_SESSION } from './statements.ts'

/** What a statement gave. */
export interface Answer {
  readonly rows: readonly Row[]
  /** How many rows it has given or changed. */
  readonly count: number
}

/** Runs statements: on any connection of a pool, or within one transaction. */
export type RunStatement = (text: string, values?: readonly unknown[]) => Promise<Answer>

const CONNECT_TIMEOUT_MS = 5_000
/** Longer than the server's own, which gives a better reason. */
const ANSWER_TIMEOUT_MS = 15_000
const IDLE_TIMEOUT_MS = 30_000

/** A pool of connections to one database. */
export class PostgresConnection {
  /** Host, port and database: what errors call it. */
  readonly name: string
  readonly #secret: string
  readonly #pool: Pool
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @throws {OptionError} when it is no URL. */
  constructor(address: string) {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined) {
      throw invalid(
        'database',
        '"database" is no URL of a PostgreSQL database: write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in the password percent-encoded.',
      )
    }
    this.name = `${url.host}${url.pathname}`
    this.#secret = readable(url.password)
    this.#pool = new Pool({
      connectionString: address,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      verify: prepareSession,
    })
    // A connection that breaks while nobody uses it leaves the pool. The next statement opens another.
    this.#pool.on('error', () => {})
    // While a new one is prepared the pool does not listen, and an error that nobody hears ends the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}))
  }

  /** Runs one statement. */
  run(text: string, values?: readonly unknown[]): Promise<Answer> {
    return this.during(() => this.attempt(text, values))
  }

  /** Runs one statement within {@link PostgresConnection.during}, and rejects with what `pg` says. */
  async attempt(text: string, values: readonly unknown[] = []): Promise<Answer> {
    return toResponse(await this.#pool.query(text, [...values]))
  }

  /** Runs work as one transaction. */
  transaction<Result>(work: (run: RunStatement) => Promise<Result>): Promise<Result> {
    return this.during(async () => {
      const client = await this.#pool.connect()
      let failure: Error | undefined
      // The pool listens while it has the connection; while we have it, nobody would.
      const onError = (error: Error): void => {
        failure = error
      }
      client.on('error', onError)
      try {
        return await inTransaction(client, work)
      } catch (error) {
        failure = error as Error
        throw error
      } finally {
        client.off('error', onError)
        // One that failed is closed: the server then undoes what was not committed.
        client.release(failure)
      }
    })
  }

  /** Runs work that {@link PostgresConnection.close} waits for, and translates how it fails. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw closedError()
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw postgresFailure(error, this.name, this.#secret)
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
    await this.#pool.end()
  }
}

async function inTransaction<Result>(
  client: PoolClient,
  work: (run: RunStatement) => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN')
  const result = await work(async (text, values = []) =>
    toResponse(await client.query(text, [...values])),
  )
  await client.query('COMMIT')
  return result
}

/** A connection that cannot be prepared does not get into the pool. */
function prepareSession(client: ClientBase, done: (error?: Error) => void): void {
  client.query(PREPARE_SESSION, (error) => done(error ?? undefined))
}

function toResponse(result: { rows: Row[]; rowCount: number | null }): Answer {
  return { rows: result.rows, count: result.rowCount ?? 0 }
}

function readable(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
