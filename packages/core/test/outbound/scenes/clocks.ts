import { API, type Scene, tally, World, type WorldOptions } from './world.ts'

const MINUTE = 60_000

/** Calls for an hour and a half, a minute apart; says what came of it and what it cost. */
function hourAndHalf(scene: string, expected: string, options: WorldOptions): Scene {
  return {
    scene,
    expected,
    async run() {
      const world = new World(options)
      const seen = await world.calls(90, { every: 60 })
      return `${tally(seen)}, ${world.sent.length - 90} extra`
    },
  }
}

const GOOD = '90×200, 0 extra'
const ONCE = '90×200, 1 extra'

/** The first request, refused whatever its token: the clock is all that can be blamed for it. */
function onceRefused(options: WorldOptions): WorldOptions {
  let asked = 0
  return {
    ...options,
    answer: () => (asked++ === 0 ? new Response(null, { status: 401 }) : undefined),
  }
}

let replica = 0

export const SCENES: readonly Scene[] = [
  ...[30, 5, 2, -2, -5, -30, 1440].map((minutes) =>
    hourAndHalf(`right clocks, and a Date that is ${minutes} min off`, GOOD, {
      dateMs: minutes * MINUTE,
    }),
  ),
  ...[30, -30].map((minutes) =>
    hourAndHalf(
      `the same with ${minutes} min, and a first request that is refused for nothing`,
      '1×401 89×200, 1 extra',
      onceRefused({ dateMs: minutes * MINUTE }),
    ),
  ),
  {
    scene: 'the same, a second apart: the token that was dated wrongly is not used again',
    expected: '1×401 89×200, 1 extra, 3 mints',
    async run() {
      const world = new World(onceRefused({ dateMs: 30 * MINUTE }))
      const seen = await world.calls(90)
      return `${tally(seen)}, ${world.sent.length - 90} extra, ${world.mints} mints`
    },
  },
  {
    scene: 'a path that always answers 401, with a Date that is 30 min ahead, for a minute',
    expected: '5 mints, 203 requests',
    async run() {
      const world = new World({
        dateMs: 30 * MINUTE,
        answer: () => new Response(null, { status: 401 }),
      })
      await world.calls(200, { every: 0.3 })
      return `${world.mints} mints, ${world.sent.length} requests`
    },
  },
  {
    scene: 'the same, of an API that takes the token elsewhere',
    expected: '5 mints at most, 220 requests at most',
    async run() {
      const world = new World({
        dateMs: -30 * MINUTE,
        answer: ({ path }) =>
          path === '/closed' ? new Response(null, { status: 401 }) : undefined,
      })
      await world.calls(1)
      await world.calls(200, { every: 0.3, path: '/closed' })
      const [mints, requests] = [world.mints, world.sent.length - 1]
      return `${mints <= 5 ? '5 mints at most' : mints}, ${requests <= 220 ? '220 requests at most' : requests}`
    },
  },
  {
    scene: 'a right API whose Date is wrong, and a local clock that is wrong as well',
    expected: '61×401 29×200, at most one extra in four',
    async run() {
      const world = new World({ serverMs: -10 * MINUTE, dateMs: 12 * MINUTE })
      await world.calls(60, { every: 60 })
      // Somebody sets the local clock.
      world.clock.set(world.clock.now() - 10 * MINUTE)
      world.serverMs = 0
      await world.calls(30, { every: 60 })
      const extra = world.sent.length - 90
      return `${tally(world.statuses)}, ${extra <= 22 ? 'at most one extra in four' : `${extra} extra`}`
    },
  },
  ...[120, 60, 10, -10, -60, -120].map((minutes) =>
    hourAndHalf(`a local clock that is ${-minutes} min fast`, ONCE, { serverMs: minutes * MINUTE }),
  ),
  hourAndHalf('a local clock that is 30 s slow, within the back-dating', GOOD, {
    serverMs: 30_000,
  }),
  hourAndHalf('a local clock that is 40 s fast, within the back-dating', GOOD, {
    serverMs: -40_000,
  }),
  hourAndHalf('a Date that jumps from answer to answer', GOOD, {
    dateMs: () => (replica++ % 3) * 17 * MINUTE - 17 * MINUTE,
  }),
  hourAndHalf('no Date at all', GOOD, { dateMs: 'none' }),
  hourAndHalf('a local clock that is 10 min fast, and no Date', '90×401, 23 extra', {
    serverMs: -10 * MINUTE,
    dateMs: 'none',
  }),
  hourAndHalf('a Date that is 5 min ahead, of an API whose tokens come from a server', GOOD, {
    dateMs: 5 * MINUTE,
    opaque: true,
  }),
  hourAndHalf('answers of a cache, with an old Date and an Age', GOOD, {
    answer: (ask, world) => {
      const date = new Date(world.clock.now() - 30 * MINUTE).toUTCString()
      return new Response(null, { ...world.judge(ask.token), headers: { date, age: '1800' } })
    },
  }),
  {
    scene: 'a token is revoked behind a Date that is 30 min ahead',
    expected: '20×200, 2 mints',
    async run() {
      const world = new World({ dateMs: 30 * MINUTE })
      await world.calls(10)
      world.revoked.add(world.sent.at(-1) ?? '')
      await world.calls(10)
      return `${tally(world.statuses)}, ${world.mints} mints`
    },
  },
  {
    scene: 'the server’s clock is set two minutes back while a token is in use',
    expected: '40×200, 1 extra at most',
    async run() {
      const world = new World()
      await world.calls(20, { every: 60 })
      world.serverMs = -120_000
      await world.calls(20, { every: 60 })
      const extra = world.sent.length - 40
      return `${tally(world.statuses)}, ${extra <= 1 ? '1 extra at most' : `${extra} extra`}`
    },
  },
  {
    scene: 'the local clock is put right after its being wrong was learned',
    expected: '40×200, 2 extra',
    async run() {
      const world = new World({ serverMs: 60 * MINUTE })
      await world.calls(20, { every: 30 })
      world.clock.set(world.clock.now() + 60 * MINUTE)
      world.serverMs = 0
      await world.calls(20, { every: 30 })
      return `${tally(world.statuses)}, ${world.sent.length - 40} extra`
    },
  },
  {
    scene: 'two replicas, one of them two minutes behind',
    expected: '90×200, 1 extra',
    async run() {
      let turn = 0
      const world: World = new World({
        answer: () => {
          world.serverMs = turn++ % 2 === 0 ? 0 : -120_000
          return undefined
        },
      })
      return `${tally(await world.calls(90, { every: 30 }))}, ${world.sent.length - 90} extra`
    },
  },
  {
    scene: 'a wrapper that knows nothing, of a manager whose other wrapper has learned the clock',
    expected: '1 extra',
    async run() {
      const world = new World({ serverMs: 120 * MINUTE })
      await world.calls(5)
      const other = world.wrap()
      for (let call = 0; call < 5; call++) await other(API)
      return `${world.sent.length - 10} extra`
    },
  },
  {
    scene: 'stats() of a clock that proved right, and of one that did not',
    expected: 'local 0, learned 600500',
    async run() {
      const seen: string[] = []
      for (const serverMs of [0, 10 * MINUTE]) {
        const world = new World({ serverMs, dateMs: serverMs === 0 ? 30 * MINUTE : 0 })
        await world.calls(20, { every: 60 })
        const { clockOrigin, clockOffsetMs } = world.manager.stats()
        seen.push(`${clockOrigin} ${clockOffsetMs}`)
      }
      return seen.join(', ')
    },
  },
]
