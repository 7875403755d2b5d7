import { describe, expect, it } from 'vitest'
import { type StoreFate, tokenOf, World, EXPIRED_MS } from './world.ts'

async function expired(aheadMs: readonly number[] = [0, 0], leaseMs = 30_000) {
  const world = new World()
  const processes = aheadMs.map((ahead) => world.process(ahead, { leaseMs }))
  const [a, b] = processes
  if (a === undefined) throw new Error('No process.')
  await world.run(a.grants.save('shop', world.server.connect()))
  world.pass(EXPIRED_MS)
  return { world, a, b: b ?? a }
}

/** Nothing was lost, so that nothing may have come of it but one rotation, and a token that serves. */
function expectWhole(world: World, tokens: readonly string[], rotations = 1): void {
  const [family] = world.server.families
  expect(family).toMatchObject({ reused: false, ended: false, rotations })
  for (const token of tokens) expect(world.server.accepts(token)).toBe(true)
  expect(world.server.requests).toBe(rotations)
  expect(world.events('reconnect-needed')).toEqual([])
}

const FATES: readonly StoreFate[] = ['lost', 'unanswered', 'late', 'twice']

describe.each(FATES)('a write that is %s', (fate) => {
  it('of the intent sends no second request', async () => {
    const { world, a, b } = await expired()
    a.store.fateOf = (write) => (write === a.store.writes - 1 && write === 1 ? fate : 'done')
    const first = await world.run(tokenOf(a).catch(async () => tokenOf(a)))
    const second = await world.run(tokenOf(b))
    expectWhole(world, [first, second])
  })

  it('of the answer keeps the answer in memory until the store has it', async () => {
    const { world, a, b } = await expired()
    a.store.fateOf = (write) => (write === 2 ? fate : 'done')
    const [first, second] = await world.run(Promise.all([tokenOf(a), tokenOf(b)]))
    expect(second).toBe(first)
    expectWhole(world, [first, second])
  })

  it('of the answer, again and again, only delays it', async () => {
    const { world, a, b } = await expired()
    a.store.fateOf = (write) => (write >= 2 && write < 7 ? fate : 'done')
    const [first, second] = await world.run(Promise.all([tokenOf(a), tokenOf(b)]))
    expectWhole(world, [first, second])
  })

  it('of a longer lease keeps others off all the same', async () => {
    const { world, a, b } = await expired()
    a.store.fateOf = (write) => (write === 2 ? fate : 'done')
    world.server.during = async () => {
      const until = world.clock.now() + 40_000
      while (world.clock.now() < until) await new Promise((resolve) => setImmediate(resolve))
    }
    const [first, second] = await world.run(Promise.all([tokenOf(a), tokenOf(b)]))
    expectWhole(world, [first, second])
  })
})

describe('a refresh', () => {
  it('that takes longer than any caller waits, and than the lease, goes on and is one', async () => {
    const world = new World()
    const all = [0, 0, 0].map(() => world.process(0, { timeoutMs: 2000, leaseMs: 5000 }))
    const [a] = all
    await world.run(a?.grants.save('shop', world.server.connect()) ?? Promise.reject(new Error()))
    world.pass(EXPIRED_MS)
    let until = Number.NaN
    world.server.during = async () => {
      until = world.clock.now() + 60_000
      while (world.clock.now() < until) await new Promise((resolve) => setImmediate(resolve))
    }
    const impatient = await world.run(Promise.allSettled(all.map(async (each) => tokenOf(each))))
    for (const each of impatient) {
      expect(each).toMatchObject({ reason: { code: 'ERR_MINT_TIMEOUT' } })
    }
    while (!(world.clock.now() > until + 2000)) await world.rest()
    const tokens = await world.run(Promise.all(all.map(async (each) => tokenOf(each))))
    expectWhole(world, tokens)
  })

  it('is one for fifty calls at once in each of four processes', async () => {
    const { world } = await expired([0, 0, 600_000, -600_000])
    const calls = world.processes.flatMap((process) =>
      Array.from({ length: 50 }, async () => tokenOf(process)),
    )
    const tokens = await world.run(Promise.all(calls))
    expect(new Set(tokens).size).toBe(1)
    expectWhole(world, tokens)
  })

  it('is waited for by a process whose clock is ten minutes ahead, and one that is behind', async () => {
    for (const ahead of [600_000, -600_000]) {
      const { world, a, b } = await expired([0, ahead])
      let early: Promise<string> | undefined
      world.server.during = async () => {
        early ??= tokenOf(b)
        await new Promise((resolve) => setImmediate(resolve))
      }
      const first = await world.run(tokenOf(a))
      expect(await world.run(early ?? tokenOf(b))).toBe(first)
      expect(b.events.map(({ type }) => type)).toContain('waiting')
      expectWhole(world, [first])
    }
  })

  it('dates its record by the store, whoever writes it', async () => {
    const { world, a, b } = await expired([600_000, -600_000])
    const before = (await world.run(a.grants.show('shop')))?.expiresAt ?? 0
    expect(before - (world.clock.now() - EXPIRED_MS) / 1000).toBeCloseTo(3600, -1)
    await world.run(tokenOf(b))
    const after = (await world.run(b.grants.show('shop')))?.expiresAt ?? 0
    expect(after - world.clock.now() / 1000).toBeCloseTo(3600, -1)
  })

  it('is not sent by a process that was paused since it took its turn, while another got it', async () => {
    const { world, b } = await expired()
    const a = world.process(0, { storeTimeoutMs: 3_600_000 })
    const write = a.store.write.bind(a.store)
    let second = ''
    a.store.write = async (...args) => {
      const version = await write(...args)
      if (second === '') second = await world.run(tokenOf(b))
      return version
    }
    const first = await world.run(tokenOf(a))
    expectWhole(world, [first, second])
  })

  it('that a process died of before it sent is taken over, with one request', async () => {
    const { world, b } = await expired()
    let dead = false
    const a = world.process(0, {
      // It has the turn, and nothing more is heard of it.
      fetch: () => {
        dead = true
        a.store.before = () => new Promise(() => {})
        return new Promise(() => {})
      },
    })
    void tokenOf(a).catch(() => {})
    await world.rest()
    expect(dead).toBe(true)
    const token = await world.run(tokenOf(b))
    expectWhole(world, [token])
  })

  it('that a process died of between answer and write ends the grant, and one process says so', async () => {
    const { world, a, b } = await expired()
    const c = world.process()
    world.server.during = () => {
      a.store.before = () => new Promise(() => {})
    }
    void tokenOf(a).catch(() => {})
    await world.rest()
    world.server.during = undefined
    const wait = async (process: typeof b): Promise<unknown> =>
      tokenOf(process).catch((caught: unknown) => caught)
    const errors = await world.run(Promise.all([wait(b), wait(c)]))
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED', cause: 'answer_lost' })
    }
    expect(world.events('reconnect-needed')).toMatchObject([{ id: 'shop', cause: 'answer_lost' }])
    expect(world.server.requests).toBe(2)
    await expect(world.run(tokenOf(b))).rejects.toMatchObject({ cause: 'answer_lost' })
    expect(world.server.requests).toBe(2)
  })

  it('whose record is sealed anew meanwhile is stored', async () => {
    const { world, a, b } = await expired()
    world.server.during = async () => {
      const stored = await world.store.read('shop')
      await world.store.write('shop', stored?.record ?? '', stored?.version)
    }
    const tokens = await world.run(Promise.all([tokenOf(a), tokenOf(b)]))
    expectWhole(world, tokens)
  })

  it('whose grant is deleted meanwhile is dropped, and its new token revoked', async () => {
    const { world, a } = await expired()
    world.server.during = async () => {
      const stored = await world.store.read('shop')
      await world.store.delete('shop', stored?.version ?? '')
    }
    await expect(world.run(tokenOf(a))).rejects.toMatchObject({ code: 'ERR_GRANT_MISSING' })
    expect(world.server.revoked).toEqual([world.server.families[0]?.current])
    expect(await world.store.read('shop')).toBeUndefined()
    expect(world.events('dropped')).toHaveLength(1)
  })

  it('whose grant is saved anew meanwhile is dropped, and the new one serves', async () => {
    const { world, a, b } = await expired()
    world.server.during = async () => {
      world.server.during = undefined
      await b.grants.save('shop', world.server.connect())
    }
    const token = await world.run(tokenOf(a))
    expect(token).toBe(world.server.families[1]?.access)
    expect(world.server.families[0]).toMatchObject({ ended: true, reused: false })
    expect(world.server.families[1]).toMatchObject({ ended: false, reused: false, rotations: 0 })
  })

  it('leaves a new consent alone where a revocation would end that as well', async () => {
    const world = new World()
    const a = world.process(0, { facts: { revokesAll: true } })
    await world.run(a.grants.save('shop', world.server.connect()))
    world.pass(EXPIRED_MS)
    world.server.during = async () => {
      world.server.during = undefined
      await a.grants.save('shop', world.server.connect())
    }
    await world.run(tokenOf(a))
    expect(world.server.revoked).toEqual([])
  })

  it('never uses a store that a backup was restored to, and writes it forward', async () => {
    const { world, a } = await expired()
    const old = await world.store.read('shop')
    const token = await world.run(tokenOf(a))
    const now = await world.store.read('shop')
    await world.store.write('shop', old?.record ?? '', now?.version)
    world.pass(EXPIRED_MS)
    const next = await world.run(tokenOf(a))
    expect(next).not.toBe(token)
    expectWhole(world, [next], 2)
  })

  it('is stored over a backup that was restored while its request ran', async () => {
    const { world, a, b } = await expired()
    const old = await world.store.read('shop')
    await world.run(tokenOf(a))
    world.pass(EXPIRED_MS)
    world.server.during = async () => {
      const now = await world.store.read('shop')
      await world.store.write('shop', old?.record ?? '', now?.version)
    }
    const token = await world.run(tokenOf(a))
    expect(await world.run(tokenOf(b))).toBe(token)
    expectWhole(world, [token], 2)
  })

  it('whose answer came after others took it for lost beats their state', async () => {
    const { world, a, b } = await expired()
    let answered = (): void => {}
    const held = new Promise<void>((resolve) => {
      answered = resolve
    })
    const { fetch } = world.server
    const frozen = world.process(0, {
      fetch: async (...args) => {
        const answer = await fetch(...args)
        // The process stands still here, with the answer on its doorstep.
        frozen.store.down = true
        await held
        frozen.store.down = false
        return answer
      },
    })
    void tokenOf(frozen).catch(() => {})
    await world.rest()
    for (let tries = 0; tries < 6; tries++) await world.run(tokenOf(b).catch(() => ''))
    expect(world.events('reconnect-needed')).toHaveLength(1)
    answered()
    await world.rest()
    const show = await world.run(a.grants.show('shop'))
    expect(show).toMatchObject({ state: 'active', rotation: 1 })
  })
})
