import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { generateSealingKey, GrantManager, type GrantStore } from '@mayfly/core/grants'
import { RedisGrantStore } from '@mayfly/redis'
import { type GrantSandbox, startGrantSandbox } from '@mayfly/sandboxes'
import { PostgresGrantStore } from '@mayfly/service/grants'
import { createClient } from 'redis'
import { startPostgres } from '../../scripts/servers/postgres.ts'
import { startRedis } from '../../scripts/servers/redis.ts'
import { Worker, type WorkerLine, type WorkerOptions } from './workers.ts'

/** How wild it is. */
export interface ChaosOptions {
  readonly store: 'redis' | 'postgres'
  readonly processes: number
  readonly grants: number
  /** It ends when the server has given so many new refresh tokens. */
  readonly rotations: number
  readonly seed: number
  /** Milliseconds between one disaster and the next. */
  readonly everyMs: number
  readonly leaseMs: number
}

/** What came of it. */
export interface ChaosReport {
  readonly options: ChaosOptions
  readonly seconds: number
  readonly rotations: number
  readonly refreshRequests: number
  readonly disasters: Readonly<Record<string, number>>
  /** Families that ended since a refresh token came twice, by what had become of the answer. */
  readonly reused: {
    /** The process that had the answer died, or stood still until others went on. */
    readonly answerLost: number
    /** A process was frozen between its last look at the clock and the packet leaving. */
    readonly sentLate: number
    readonly nothingLost: number
  }
  /** Events `reconnect-needed`, by their cause. */
  readonly reconnects: Readonly<Record<string, number>>
  /** Grants that were told of more than once for one family. */
  readonly toldTwice: number
  /** Calls of the workers that lived to the end, by status or code. */
  readonly calls: Readonly<Record<string, number>>
  /** Fifty calls at once in every process on a token that the server had ended. */
  readonly burst: { readonly answered: number; readonly of: number; readonly refreshes: number }
  /** Grants that serve when all is calm again. */
  readonly serving: number
  /** Processes that ended by themselves. */
  readonly crashed: number
  /** Whether a token was found in what the store keeps. */
  readonly tokensInStore: number
}

/** A server that the grants are kept in, and what may happen to it. */
interface StoreServer {
  readonly url: string
  readonly store: GrantStore
  /** Stops it where it stands. A PostgreSQL is many processes: it is restarted instead. */
  readonly freeze?: (() => void) | undefined
  thaw(): void
  restart(): Promise<void>
  /** All that it keeps, as text. */
  dump(): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/** For how many leases a process is frozen, and a store. */
const FROZEN_LEASES = 1.6
const STORE_FROZEN_LEASES = 1.3
const random = (seed: number): (() => number) => {
  // Mulberry32: small, and good enough to choose disasters by.
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Lets processes use grants while whatever can go wrong does. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  await using server = options.store === 'redis' ? await openRedis() : await openPostgres()
  await using sandbox = await startGrantSandbox({ expiresIn: 4, latencyMs: 15 })
  await using chaos = new Chaos(options, server, sandbox)
  return await chaos.run()
}

class Chaos {
  readonly #options: ChaosOptions
  readonly #server: StoreServer
  readonly #sandbox: GrantSandbox
  readonly #random: () => number
  readonly #key = generateSealingKey()
  readonly #grants: GrantManager
  readonly #workers: Worker[] = []
  readonly #ids: readonly string[]
  readonly #disasters: Record<string, number> = {}
  readonly #reconnects: Record<string, number> = {}
  /** The family of each grant, and those that it had before. */
  readonly #familyOf = new Map<string, string>()
  readonly #told = new Map<string, number>()
  readonly #judged = new Set<string>()
  /** Until when a process was out of action, in milliseconds. */
  readonly #hitUntil = new Map<string, number>()
  readonly #reused = { answerLost: 0, sentLate: 0, nothingLost: 0 }
  readonly #calls: Record<string, number> = {}
  readonly #saving = new Set<Promise<void>>()

  constructor(options: ChaosOptions, server: StoreServer, sandbox: GrantSandbox) {
    this.#options = options
    this.#server = server
    this.#sandbox = sandbox
    this.#random = random(options.seed)
    this.#ids = Array.from({ length: options.grants }, (_, index) => `grant-${index}`)
    const { tokenEndpoint: endpoint, clientId, clientSecret, origin } = sandbox
    this.#grants = new GrantManager({
      store: server.store,
      sealing: [this.#key],
      endpoint,
      client: { clientId, clientSecret },
      origins: [origin],
    })
  }

  async run(): Promise<ChaosReport> {
    const began = performance.now()
    for (const id of this.#ids) await this.#connect(id)
    for (let slot = 0; slot < this.#options.processes; slot++)
      this.#workers.push(await this.#spawn(slot))
    this.#sandbox.onEvent((event) => {
      if (event.path === '/token') this.#judge()
    })
    for (const worker of this.#workers) worker.tell({ do: 'run' })
    while (this.#rotations() < this.#options.rotations) {
      await wait(this.#options.everyMs)
      await this.#disaster()
    }
    await this.#calm()
    const seconds = (performance.now() - began) / 1000
    const [rotations, refreshRequests] = [this.#rotations(), this.#refreshRequests()]
    const burst = await this.#burst()
    const serving = await this.#serving()
    return {
      options: this.#options,
      seconds: Math.round(seconds),
      rotations,
      refreshRequests,
      disasters: this.#disasters,
      reused: this.#reused,
      reconnects: this.#reconnects,
      toldTwice: [...this.#told.values()].filter((times) => times > 1).length,
      calls: this.#calls,
      burst,
      serving,
      crashed: this.#workers.filter(({ isDead }) => isDead).length,
      tokensInStore: (await this.#server.dump()).match(/access-|\.refresh-/g)?.length ?? 0,
    }
  }

  async #connect(id: string): Promise<void> {
    const response = this.#sandbox.connect()
    this.#familyOf.set(id, response.refresh_token.split('.')[0] ?? '')
    for (;;) {
      try {
        return await this.#grants.save(id, response)
      } catch {
        // The store is away: the user tries again.
        await wait(100)
      }
    }
  }

  async #spawn(slot: number): Promise<Worker> {
    const { tokenEndpoint: endpoint, clientId, clientSecret, origin } = this.#sandbox
    const options: WorkerOptions = {
      name: `${slot}-${randomUUID()}`,
      store: this.#options.store,
      url: this.#server.url,
      key: this.#key,
      endpoint,
      origin,
      clientId,
      clientSecret,
      ids: this.#ids,
      leaseMs: this.#options.leaseMs,
      timeoutMs: 3000,
      pauseMs: 30,
      // Ten minutes ahead, ten minutes behind, and right.
      aheadMs: ((slot % 3) - 1) * 600_000,
    }
    return Worker.start(options, (line) => this.#hear(line))
  }

  #hear({ event, counts }: WorkerLine): void {
    for (const [outcome, count] of Object.entries(counts ?? {})) {
      this.#calls[outcome] = (this.#calls[outcome] ?? 0) + count
    }
    if (event?.type !== 'reconnect-needed') return
    const { id, cause } = event
    this.#reconnects[cause] = (this.#reconnects[cause] ?? 0) + 1
    const family = this.#familyOf.get(id) ?? ''
    this.#told.set(family, (this.#told.get(family) ?? 0) + 1)
    if (this.#told.get(family) !== 1) return
    const saving = this.#connect(id).finally(() => this.#saving.delete(saving))
    this.#saving.add(saving)
  }

  /** Notes what each reuse of a refresh token came of. */
  #judge(): void {
    for (const family of this.#sandbox.families) {
      const { name, reused, refreshedBy, reusedBy, refreshedAt } = family
      if (!reused || this.#judged.has(name)) continue
      this.#judged.add(name)
      const wasHit = (worker: string | undefined): boolean =>
        (this.#hitUntil.get(worker ?? '') ?? 0) >= refreshedAt
      // The answer never was stored if its process died, or stood still until others went on.
      const isLost = wasHit(refreshedBy)
      this.#reused[isLost ? 'answerLost' : wasHit(reusedBy) ? 'sentLate' : 'nothingLost']++
    }
  }

  async #disaster(): Promise<void> {
    const slot = Math.floor(this.#random() * this.#workers.length)
    const worker = this.#workers[slot]
    const draw = this.#random()
    if (worker === undefined || worker.isFrozen) return
    if (draw < 0.3) {
      this.#count('kill')
      await this.#replace(slot, worker)
    } else if (draw < 0.45) {
      this.#count('kill between answer and write')
      this.#hitUntil.set(worker.options.name, Infinity)
      worker.tell({ do: 'die-after-answer' })
      await Promise.race([worker.answer('failed'), wait(3000)])
      await this.#replace(slot, worker)
    } else if (draw < 0.75) {
      this.#count('process frozen for longer than a lease')
      const frozenMs = this.#options.leaseMs * FROZEN_LEASES
      this.#hitUntil.set(worker.options.name, this.#sandbox.clock.now() + frozenMs + 1000)
      worker.freeze()
      void wait(frozenMs).then(() => worker.thaw())
    } else if (draw < 0.9 && this.#server.freeze !== undefined) {
      this.#count('store frozen')
      this.#server.freeze()
      await wait(this.#options.leaseMs * STORE_FROZEN_LEASES)
      this.#server.thaw()
    } else {
      this.#count('store restarted')
      await this.#server.restart()
    }
  }

  async #replace(slot: number, worker: Worker): Promise<void> {
    this.#hitUntil.set(worker.options.name, Infinity)
    await worker.kill()
    const fresh = await this.#spawn(slot)
    this.#workers[slot] = fresh
    fresh.tell({ do: 'run' })
  }

  /** Lets everything come to rest: no more disasters, and nobody calls. */
  async #calm(): Promise<void> {
    while (this.#workers.some(({ isFrozen }) => isFrozen)) await wait(100)
    await wait(this.#options.leaseMs * 2)
    for (const worker of this.#workers) {
      const counts = worker.answer('counts')
      worker.tell({ do: 'stop' })
      await counts
    }
    await Promise.all(this.#saving)
  }

  async #burst(): Promise<ChaosReport['burst']> {
    const id = 'burst'
    const calls = { answered: 0, of: 0, refreshes: 0 }
    await this.#grants.save(id, this.#sandbox.connect({ expiresIn: 3600 }))
    const warm = this.#workers.map(async (worker) => {
      const line = worker.answer('burst')
      worker.tell({ do: 'burst', id, calls: 1 })
      await line
    })
    await Promise.all(warm)
    this.#sandbox.endAccessTokens()
    const before = this.#refreshRequests()
    const bursts = this.#workers.map(async (worker) => {
      const line = worker.answer('burst')
      worker.tell({ do: 'burst', id, calls: 50 })
      return (await line).burst ?? []
    })
    for (const outcomes of await Promise.all(bursts)) {
      calls.of += outcomes.length
      calls.answered += outcomes.filter((outcome) => outcome === '200').length
    }
    return { ...calls, refreshes: this.#refreshRequests() - before }
  }

  async #serving(): Promise<number> {
    let serving = 0
    for (const id of this.#ids) {
      const isGood = await this.#grants
        .source(id)
        .getToken({ forceRefresh: true })
        .then(() => true)
        .catch(() => false)
      if (isGood) serving++
    }
    return serving
  }

  #rotations(): number {
    return this.#sandbox.families.reduce((sum, { rotations }) => sum + rotations, 0)
  }

  #refreshRequests(): number {
    return this.#sandbox.families.reduce((sum, { requests }) => sum + requests, 0)
  }

  #count(disaster: string): void {
    this.#disasters[disaster] = (this.#disasters[disaster] ?? 0) + 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) {
      if (worker.isFrozen) worker.thaw()
      await worker.kill()
    }
  }
}

async function openRedis(): Promise<StoreServer> {
  const server = await startRedis({ appendonly: true })
  const client = createClient({ url: server.url })
  client.on('error', () => {})
  await client.connect()
  return {
    url: server.url,
    store: new RedisGrantStore({ client, timeoutMs: 3000, onWarning: null }),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: async () => {
      await server.kill()
      await server.start()
    },
    dump: async () => {
      const keys = await client.keys('*')
      const all = keys.filter((key) => !key.endsWith(':ids')).map((key) => client.hGetAll(key))
      return JSON.stringify(await Promise.all(all))
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function openPostgres(): Promise<StoreServer> {
  const server = await startPostgres()
  const url = await server.createDatabase('chaos')
  const store = new PostgresGrantStore(url)
  return {
    url,
    store,
    thaw: () => {},
    restart: async () => {
      await server.kill()
      await server.start()
    },
    dump: async () => {
      const records: unknown[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await store.list(cursor)
        for (const id of page.ids) records.push(await store.read(id))
        if (page.cursor === undefined) return JSON.stringify(records)
        cursor = page.cursor
      }
    },
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
