import { type BearerEvent, SourceError } from '@mayfly/core'
import { API, codeOf, type Scene, tally, World, type WorldOptions } from './world.ts'

/** Refuses some paths, whatever the token. */
function closed(...paths: readonly string[]): WorldOptions {
  return {
    answer: ({ path }) =>
      paths.some((each) => path.startsWith(each)) ? new Response(null, { status: 401 }) : undefined,
  }
}

const cost = ({ mints, sent }: World): string => `${mints} mints, ${sent.length} requests`

const outcomes = (events: readonly BearerEvent[]): string =>
  tally(events.flatMap((event) => (event.type === 'refused' ? [event.outcome] : [])))

export const SCENES: readonly Scene[] = [
  {
    scene: '200 requests within a minute to a path that always answers 401',
    expected: '5 mints, 204 requests',
    async run() {
      const world = new World(closed('/closed'))
      await world.calls(200, { every: 0.3, path: '/closed' })
      return cost(world)
    },
  },
  {
    scene: 'the same at once',
    expected: '2 mints, 201 requests',
    async run() {
      const world = new World(closed('/closed'))
      await Promise.all(Array.from({ length: 200 }, () => world.fetch(`${API}/closed`)))
      return cost(world)
    },
  },
  {
    scene: '200 such paths, each another',
    expected: '5 mints, 204 requests',
    async run() {
      const world = new World(closed('/closed'))
      for (let call = 0; call < 200; call++)
        await world.calls(1, { every: 0.3, path: `/closed/${call}` })
      return cost(world)
    },
  },
  {
    scene: 'the same between requests that work',
    expected: '5 mints, 404 requests, 200×401 200×200',
    async run() {
      const world = new World(closed('/closed'))
      for (let call = 0; call < 200; call++) {
        await world.calls(1, { every: 0.15, path: '/closed' })
        await world.calls(1, { every: 0.15 })
      }
      return `${cost(world)}, ${tally(world.statuses)}`
    },
  },
  {
    scene: '200 bodies that are streams, to a path that always answers 401',
    expected: '6 mints at most, 200 requests',
    async run() {
      const world = new World(closed('/closed'))
      for (let call = 0; call < 200; call++) {
        const body = new Blob(['x']).stream()
        await world.fetch(`${API}/closed`, { method: 'POST', body, duplex: 'half' })
        world.clock.advance(300)
      }
      return `${world.mints <= 6 ? '6 mints at most' : `${world.mints} mints`}, ${world.sent.length} requests`
    },
  },
  {
    scene: 'two wrappers of one manager, 100 requests each to such a path',
    expected: '5 mints, 204 requests',
    async run() {
      const world = new World(closed('/closed'))
      const wrappers = [world.wrap(), world.wrap()]
      for (let call = 0; call < 100; call++) {
        for (const each of wrappers) {
          await each(`${API}/closed`)
          world.clock.advance(300)
        }
      }
      return cost(world)
    },
  },
  {
    scene: 'a source without a manager, 200 requests to such a path',
    expected: '204 requests',
    async run() {
      const world = new World(closed('/closed'))
      const bare = world.wrap(world.source)
      for (let call = 0; call < 200; call++) {
        await bare(`${API}/closed`)
        world.clock.advance(300)
      }
      return `${world.sent.length} requests`
    },
  },
  {
    scene: 'a token is revoked a second after it worked',
    expected: '2×200, 2 mints, 3 requests',
    async run() {
      const world = new World()
      await world.calls(1)
      world.revoked.add(world.sent[0] ?? '')
      await world.calls(1)
      return `${tally(world.statuses)}, ${cost(world)}`
    },
  },
  {
    scene: 'the same, 50 requests at once',
    expected: '50×200, 2 mints',
    async run() {
      const world = new World()
      await world.calls(1)
      world.revoked.add(world.sent[0] ?? '')
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => world.fetch(`${API}/things`)),
      )
      return `${tally(answers.map(({ status }) => status))}, ${world.mints} mints`
    },
  },
  {
    scene: 'the same, each of the 50 to another path',
    expected: '50×200, 2 mints, 101 requests',
    async run() {
      const world = new World()
      await world.calls(1)
      world.revoked.add(world.sent[0] ?? '')
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, call) => world.fetch(`${API}/things/${call}`)),
      )
      return `${tally(answers.map(({ status }) => status))}, ${cost(world)}`
    },
  },
  {
    scene: 'the same while a closed path holds the brake, 50 things at once',
    expected: '50×200, one mint for it',
    async run() {
      const world = new World(closed('/closed'))
      await world.calls(1, { path: '/things/0' })
      await world.calls(2, { path: '/closed' })
      await world.calls(1, { path: '/things/1' })
      const before = world.mints
      world.revoked.add(world.sent.at(-1) ?? '')
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, call) => world.fetch(`${API}/things/${call}`)),
      )
      const mints = world.mints - before
      return `${tally(answers.map(({ status }) => status))}, ${mints === 1 ? 'one mint for it' : `${mints} mints`}`
    },
  },
  {
    scene: 'every path is closed at once, as for an account that was suspended',
    expected: '5 mints, 204 requests after it',
    async run() {
      let open = true
      const world = new World({
        answer: () => (open ? undefined : new Response(null, { status: 401 })),
      })
      for (let call = 0; call < 50; call++)
        await world.calls(1, { every: 0, path: `/things/${call}` })
      open = false
      for (let call = 0; call < 200; call++)
        await world.calls(1, { every: 0.3, path: `/things/${call % 50}` })
      return `${world.mints} mints, ${world.sent.length - 50} requests after it`
    },
  },
  {
    scene: 'and is opened again: the next try after the pause ends the brake',
    expected: '1×401 3×200, 0 refused since',
    async run() {
      let open = false
      const world = new World({
        answer: () => (open ? undefined : new Response(null, { status: 401 })),
      })
      await world.calls(1, { every: 6 })
      open = true
      await world.calls(3)
      const since = world.events.slice(-3).filter(({ type }) => type === 'refused')
      return `${tally(world.statuses)}, ${since.length} refused since`
    },
  },
  {
    scene: 'a key that was replaced ends the brake at once',
    expected: '1×401 1×200',
    async run() {
      let id = 'old'
      const world: World = new World({
        source: { credential: async () => ({ id }) },
        answer: () => (id === 'old' ? new Response(null, { status: 401 }) : undefined),
      })
      await world.calls(1)
      id = 'new'
      await world.calls(1)
      return tally(world.statuses)
    },
  },
  {
    scene: 'a closed path, as observers are told of it',
    expected: '1×resent 1×not-resent 8×token-kept',
    async run() {
      const world = new World(closed('/closed'))
      await world.calls(9, { every: 0.1, path: '/closed' })
      return outcomes(world.events)
    },
  },
  {
    scene: 'a 404 after a 401 shows that the new token works',
    expected: '1×404 1×200, 2 mints',
    async run() {
      let asked = 0
      const world = new World({
        answer: () =>
          asked++ < 2 ? new Response(null, { status: asked === 1 ? 401 : 404 }) : undefined,
      })
      await world.calls(2)
      return `${tally(world.statuses)}, ${world.mints} mints`
    },
  },
  {
    scene: 'a source that makes the same token again and again, refused',
    expected: '5×401, 0 errors',
    async run() {
      const world: World = new World({
        source: { getToken: async () => fixed },
        answer: () => new Response(null, { status: 401 }),
      })
      const fixed = await new World().source.getToken()
      const seen = await world.calls(5, { every: 0.1 })
      return `${tally(seen)}, ${seen.filter((status) => status === 0).length} errors`
    },
  },
  {
    scene: '200 calls while the source answers 429 with Retry-After: 60, nothing in hand',
    expected: '1 try, then ERR_MINT_REFUSED in 40100 ms',
    async run() {
      let tries = 0
      const world = new World({
        source: {
          getToken: async () => {
            tries++
            throw new SourceError('ERR_MINT_REFUSED', 'slow down', { retryAfterMs: 60_000 })
          },
        },
      })
      let last = ''
      for (let call = 0; call < 200; call++, world.clock.advance(100)) {
        last = await codeOf(() => world.manager.getToken())
      }
      return `${tries} try, then ${last}`
    },
  },
  {
    scene: 'a source that fails for a minute, asked ten times a second',
    expected: 'tries at 0, 0.3, 0.8, 1.8, 3.8, 7.8, 15.8, 31.8 s',
    async run() {
      const tries: number[] = []
      const world: World = new World({
        source: {
          getToken: async () => {
            tries.push((world.clock.now() - 1_700_000_000_000) / 1000)
            throw new Error('down')
          },
        },
      })
      for (let call = 0; call < 600; call++, world.clock.advance(100)) {
        await world.manager.getToken().catch(() => {})
      }
      return `tries at ${tries.join(', ')} s`
    },
  },
  {
    scene: 'a permanent refusal, asked once a second for two minutes',
    expected: '2 tries',
    async run() {
      let tries = 0
      const world = new World({
        source: {
          getToken: async () => {
            tries++
            throw new SourceError('ERR_MINT_REFUSED', 'invalid_client', { permanent: true })
          },
        },
      })
      for (let call = 0; call < 120; call++, world.clock.advance(1000)) {
        await world.manager.getToken().catch(() => {})
      }
      return `${tries} tries`
    },
  },
  {
    scene: 'forceRefresh under the brake',
    expected: 'ERR_MINT_FAILED, ERR_MINT_FAILED in 250 ms, 2 tries',
    async run() {
      let tries = 0
      const world = new World({
        source: {
          getToken: async () => {
            tries++
            throw new Error('down')
          },
        },
      })
      const first = await codeOf(() => world.manager.getToken())
      const braked = await codeOf(() => world.manager.getToken())
      await codeOf(() => world.manager.getToken({ forceRefresh: true }))
      return `${first}, ${braked}, ${tries} tries`
    },
  },
  {
    scene: 'a redirect home by way of a foreign server',
    expected: 'with token, without, without',
    async run() {
      const tokens: boolean[] = []
      const hops = ['https://evil.example/', `${API}/admin?delete=1`]
      const world = new World({
        fetch: {
          fetch: async (_url, init) => {
            tokens.push(new Headers(init?.headers).has('authorization'))
            const location = hops.shift()
            return location === undefined
              ? new Response()
              : new Response(null, { status: 307, headers: { location } })
          },
        },
      })
      await world.fetch(API, { method: 'POST', body: 'x' })
      return tokens
        .map((has, hop) => `${has ? 'with' : 'without'}${hop === 0 ? ' token' : ''}`)
        .join(', ')
    },
  },
  ...[
    ['Bearer undefined', 'ERR_OPTION_INVALID'],
    ['Bearer', 'ERR_OPTION_INVALID'],
    ['Bearer [object Object]', 'ERR_OPTION_INVALID'],
    ['Bearer real', 'no error'],
  ].map(([authorization = '', expected = '']) => ({
    scene: `the caller’s own Authorization is "${authorization}"`,
    expected,
    run: () =>
      codeOf(() =>
        new World({ answer: () => new Response() }).fetch(API, { headers: { authorization } }),
      ),
  })),
]
