import type { TokenSource } from '@mayfly/core'
import { type GrantEvent, GrantManager, type GrantManagerOptions } from '@mayfly/core/grants'
import {
  type GrantPage,
  type GrantStore,
  MemoryGrantStore,
  type StoredGrant,
} from '@mayfly/core/grants'
import { FakeClock } from '@mayfly/testing'

/** What becomes of one answer. */
export type AnswerFate =
  | 'given'
  /** It never gets there: no connection. */
  | 'refused'
  /** It is processed, and its answer is lost. */
  | 'lost'
  /** It is not processed, and that cannot be seen. */
  | 'reset'
  | 'unavailable'
  | 'server-error'

interface Family {
  current: string
  access: string
  rotations: number
  ended: boolean
  reused: boolean
}

/** An authorization server that is as strict as can be: a refresh token is used once, or all is over. */
class StrictServer {
  readonly clock: FakeClock
  readonly families: Family[] = []
  readonly revoked: string[] = []
  /** Fates of the requests to come; then all are given. */
  fates: AnswerFate[] = []
  requests = 0
  /** Called while a request is under way. */
  during: (() => Promise<void> | void) | undefined
  rotates = true
  lifetime = 3600
  #serial = 0

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  /** What a code exchange gives. */
  connect(): { access_token: string; refresh_token: string; expires_in: number } {
    const family = { current: '', access: '', rotations: 0, ended: false, reused: false }
    this.families.push(family)
    return this.#issue(family)
  }

  accepts(access: string): boolean {
    return this.families.some((family) => !family.ended && family.access === access)
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const form = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams()
    if (urlOf(input).endsWith('/revoke')) {
      const token = form.get('token') ?? ''
      this.revoked.push(token)
      for (const family of this.families) if (token === family.current) family.ended = true
      return new Response('', { status: 200 })
    }
    const fate = this.fates.shift() ?? 'given'
    this.requests++
    if (fate === 'refused') throw failure('ECONNREFUSED')
    await this.during?.()
    if (fate === 'reset') throw failure('ECONNRESET')
    if (fate === 'unavailable')
      return new Response('', { status: 503, headers: { 'retry-after': '7' } })
    if (fate === 'server-error') return new Response('', { status: 500 })
    const answer = this.#redeem(form.get('refresh_token') ?? '')
    if (fate === 'lost') throw failure('ECONNRESET')
    return answer
  }

  #redeem(token: string): Response {
    const [name] = token.split('.')
    const family = this.families[Number(name?.slice(1))]
    if (family === undefined || family.ended) return refusal('Token is gone.')
    if (family.current !== token) {
      family.ended = true
      family.reused = true
      return refusal('Token was used before.')
    }
    family.rotations++
    return Response.json(this.#issue(family))
  }

  #issue(family: Family): { access_token: string; refresh_token: string; expires_in: number } {
    const serial = ++this.#serial
    const name = this.families.indexOf(family)
    if (this.rotates || family.current === '') family.current = `r${name}.refresh-secret-${serial}`
    family.access = `a${name}.access-secret-${serial}`
    return { access_token: family.access, refresh_token: family.current, expires_in: this.lifetime }
  }
}

function refusal(description: string): Response {
  return Response.json({ error: 'invalid_grant', error_description: description }, { status: 400 })
}

function failure(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
}

/** What becomes of one operation of a store. */
export type StoreFate =
  | 'done'
  /** It fails, and is not carried out. */
  | 'lost'
  /** It is carried out, and its answer is lost. */
  | 'unanswered'
  /** It fails, and is carried out before the next operation but one. */
  | 'late'
  /** The client sends it again by itself. */
  | 'twice'

/** One process's way to a store. */
export class ScriptedStore implements GrantStore {
  readonly store: GrantStore
  /** Decides about a write; then all are done. */
  fateOf: (write: number) => StoreFate = () => 'done'
  /** Called before each operation. */
  before: ((operation: string) => Promise<void> | void) | undefined
  down = false
  writes = 0
  #late: { at: number; run: () => Promise<unknown> }[] = []
  #operations = 0

  constructor(store: GrantStore) {
    this.store = store
  }

  async read(id: string): Promise<StoredGrant | undefined> {
    await this.#begin('read')
    return this.store.read(id)
  }

  async write(id: string, record: string, expected?: string): Promise<string | undefined> {
    await this.#begin('write')
    const run = async (): Promise<string | undefined> => this.store.write(id, record, expected)
    const fate = this.fateOf(this.writes++)
    if (fate === 'lost') throw new Error('lost')
    if (fate === 'late') {
      this.#late.push({ at: this.#operations + 2, run })
      throw new Error('late')
    }
    const version = await run()
    if (fate === 'twice') await run()
    if (fate === 'unanswered') throw new Error('unanswered')
    return version
  }

  async delete(id: string, expected: string): Promise<boolean> {
    await this.#begin('delete')
    return this.store.delete(id, expected)
  }

  async list(cursor?: string): Promise<GrantPage> {
    return this.store.list(cursor)
  }

  async #begin(operation: string): Promise<void> {
    await this.before?.(operation)
    if (this.down) throw new Error('down')
    this.#operations++
    const due = this.#late.filter(({ at }) => at <= this.#operations)
    this.#late = this.#late.filter(({ at }) => at > this.#operations)
    for (const { run } of due) await run()
  }
}

/** One process. */
export interface Process {
  readonly grants: GrantManager
  readonly clock: FakeClock
  readonly store: ScriptedStore
  readonly events: GrantEvent[]
}

const START_MS = 1_700_000_000_000

/** Processes around one store and one server, whose time passes only when all of them wait. */
export class World {
  readonly clock = new FakeClock(START_MS)
  readonly store = new MemoryGrantStore({ clock: this.clock })
  readonly server = new StrictServer(this.clock)
  readonly processes: Process[] = []

  /** @param aheadMs by how much its clock is ahead of the store's. */
  process(aheadMs = 0, options: Partial<GrantManagerOptions> = {}): Process {
    const clock = new FakeClock(this.clock.now() + aheadMs)
    const store = new ScriptedStore(this.store)
    const events: GrantEvent[] = []
    const grants = new GrantManager({
      store,
      sealing: null,
      endpoint: 'https://auth.example.com/token',
      revocationEndpoint: 'https://auth.example.com/revoke',
      client: { clientId: 'app' },
      origins: ['https://api.example.com'],
      timeoutMs: 600_000,
      fetch: this.server.fetch,
      clock,
      observe: (event) => void events.push(event),
      ...options,
    })
    const made = { grants, clock, store, events }
    this.processes.push(made)
    return made
  }

  pass(ms: number): void {
    this.clock.advance(ms)
    for (const { clock } of this.processes) clock.advance(ms)
  }

  /** Lets time pass until it is done. */
  async run<Value>(work: Promise<Value>): Promise<Value> {
    const state = { done: false }
    const mark = (): void => {
      state.done = true
    }
    work.then(mark, mark)
    for (let turns = 0; !state.done; turns++) {
      if (turns > 20_000) throw new Error('It never ends.')
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (!state.done) this.pass(50)
    }
    return work
  }

  /** Lets what goes on in the background come to its end. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      this.pass(50)
    }
  }

  events(type: GrantEvent['type']): readonly GrantEvent[] {
    return this.processes.flatMap(({ events }) => events.filter((event) => event.type === type))
  }
}

/** The value of a grant's token. */
export async function tokenOf({ grants }: Process, id = 'shop'): Promise<string> {
  return (await grants.source(id).getToken()).value
}

/** Past the life of an access token of the server. */
export const EXPIRED_MS = 3_700_000

/** A process with a grant. */
export async function connected(options: Partial<GrantManagerOptions> = {}): Promise<{
  readonly world: World
  readonly a: Process
  readonly source: TokenSource
}> {
  const world = new World()
  const a = world.process(0, options)
  await world.run(a.grants.save('shop', world.server.connect()))
  return { world, a, source: a.grants.source('shop') }
}

/** The URL that a `fetch` is called with. */
export function urlOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : input.toString()
}
