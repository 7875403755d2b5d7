import { inspect } from 'node:util'
import { bearerFetch, OptionError, TokenManager, type TokenSource } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { settle } from '../support/scripted-source.ts'

/** A vendor's source and what judges its tokens, made anew for each test. */
export interface VendorBench extends AsyncDisposable {
  /** Makes the source under test, by the bench's clock; `options` replace its own. */
  source(options?: object): TokenSource
  /**
   * Makes a client of the vendor as users write it. Each call uses one token, and gives the status
   * that it led to: 200, or the vendor's refusal.
   */
  client(source: TokenSource): () => Promise<number>
  /** Puts the vendor's clock so many milliseconds ahead of the local one. */
  setServerClock(offsetMs: number): void
  /**
   * Gives the source another key, as a callback does, and ends the one before, if the vendor then
   * answers in a way that a client can mend.
   */
  readonly rotateKey?: () => void | Promise<void>
  /** Refuses every token that was used so far. */
  readonly revokeTokens?: () => void
  /** What must never be seen: keys and passwords. */
  readonly secrets: readonly string[]
}

/** What is known of a vendor before a test starts. */
export interface VendorContract {
  /** The function's name, such as `appStoreConnect`. */
  readonly vendor: string
  readonly start: (clock: FakeClock) => Promise<VendorBench>
  /** Options that are refused when the source is made, and the option that the error names. */
  readonly badOptions: readonly (readonly [what: string, options: object, option: string])[]
  /**
   * The wrong local clocks that must not matter, by how far the vendor's is ahead. Default ten minutes
   * on both sides; less for a vendor whose answers do not tell the time.
   */
  readonly clockOffsetsMs?: readonly number[]
  /** What the bench cannot do, since the vendor has nothing of the kind. */
  readonly without?: readonly ('rotateKey' | 'revokeTokens')[]
}

const TEN_MINUTES = 600_000

/** What every vendor's source is refused for. */
const ALWAYS_BAD: VendorContract['badOptions'] = [
  ['an option that does not exist', { nonsense: 1 }, 'nonsense'],
  ['an origin with a path', { origins: ['https://api.example.com/v1'] }, 'origins'],
  ['an origin in the clear', { origins: ['http://api.example.com'] }, 'origins'],
  ['a clock that is none', { clock: {} }, 'clock'],
  ['one origin that is not in a list', { origins: 'https://api.example.com' }, 'origins'],
]

/** Makes the client of a vendor whose API takes the token as a bearer: `GET path`, unless told otherwise. */
export function httpClient(
  { origin, clock }: { readonly origin: string; readonly clock: FakeClock },
  path: string,
  init: RequestInit = {},
): VendorBench['client'] {
  return (source) => {
    const fetch = bearerFetch(source, { clock })
    return async () => {
      const response = await fetch(origin + path, init)
      await response.body?.cancel()
      return response.status
    }
  }
}

/** Holds a vendor's source to what every source promises, against the vendor's sandbox. */
export function testVendorContract(contract: VendorContract): void {
  const { vendor } = contract
  describe(`${vendor} keeps the contract of a vendor:`, () => {
    describeTokens(contract)
    describeClocks(contract)
    describeManyCallers(contract)
    describeOptions(contract)
  })
}

interface Place {
  readonly clock: FakeClock
  readonly bench: VendorBench
  readonly manager: TokenManager
  readonly call: () => Promise<number>
}

/** Runs a test with a bench, a manager around its source, and a client around that. */
function withPlace(
  { start }: VendorContract,
  test: (place: Place) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const clock = new FakeClock()
    await using bench = await start(clock)
    const manager = new TokenManager(bench.source(), { clock })
    await test({ clock, bench, manager, call: bench.client(manager) })
  }
}

/** How long the token in hand will be handed out, in seconds. */
async function lifeOf({ manager, clock }: Place): Promise<number> {
  const { expiresAt } = await manager.getToken()
  return expiresAt - clock.now() / 1000
}

function describeTokens(contract: VendorContract): void {
  it(
    'its tokens are taken',
    withPlace(contract, async ({ bench }) => {
      expect(await bench.client(bench.source())()).toBe(200)
    }),
  )

  it(
    'one token serves many calls',
    withPlace(contract, async ({ manager, call }) => {
      const statuses = []
      for (let count = 0; count < 10; count++) statuses.push(await call())
      expect(statuses).toEqual(Array.from({ length: 10 }, () => 200))
      expect(manager.stats()).toMatchObject({ mints: 1, rejected: 0 })
    }),
  )

  it(
    'tokens are replaced before they end, and none is used too long',
    withPlace(contract, async (place) => {
      const { clock, manager, call } = place
      const life = await lifeOf(place)
      const until = clock.now() + 3 * life * 1000
      for (let calls = 0; clock.now() < until; calls++) {
        expect(await call()).toBe(200)
        // A refresh in the background has its own time, which must not pass in one leap.
        while (manager.stats().refreshing) await settle()
        // Uneven steps: fresh, stale and expired tokens all come up.
        clock.advanceSeconds(Math.max(1, Math.floor((life * (3 + ((calls * 37) % 41))) / 100)))
      }
      expect(manager.stats().mints).toBeGreaterThanOrEqual(3)
      expect(manager.stats().mints).toBeLessThan(10)
      expect(manager.stats().rejected).toBe(0)
    }),
  )

  it(
    'a token says from when to when it is good, and where it may go',
    withPlace(contract, async ({ bench, clock }) => {
      const source = bench.source()
      const token = await source.getToken()
      const now = clock.now() / 1000
      expect(token.issuedAt).toBeLessThanOrEqual(now)
      expect(token.expiresAt).toBeGreaterThan(now)
      expect(token.origins).toEqual(source.origins)
      if (source.lifetime !== undefined) expect(token.expiresAt - now).toBe(source.lifetime)
    }),
  )

  if (contract.without?.includes('rotateKey')) return
  it(
    'a key that is exchanged is followed',
    withPlace(contract, async (place) => {
      const { bench, clock, call } = place
      expect(await call()).toBe(200)
      await able(bench.rotateKey)()
      expect(await call()).toBe(200)
      clock.advanceSeconds(await lifeOf(place))
      expect(await call()).toBe(200)
    }),
  )

  if (contract.without?.includes('revokeTokens')) return
  it(
    'a key that is exchanged is tried at once when the token of the one before is refused',
    withPlace(contract, async ({ bench, clock, manager, call }) => {
      expect(await call()).toBe(200)
      passSettling(bench, clock)
      await able(bench.rotateKey)()
      able(bench.revokeTokens)()
      expect(await call()).toBe(200)
      expect(manager.stats()).toMatchObject({ mints: 2, rejected: 1 })
    }),
  )
}

function describeClocks(contract: VendorContract): void {
  for (const offsetMs of contract.clockOffsetsMs ?? [TEN_MINUTES, -TEN_MINUTES]) {
    const wrong = `${Math.abs(offsetMs / 60_000)} minutes ${offsetMs > 0 ? 'slow' : 'fast'}`
    it(
      `a local clock that is ${wrong} costs one request at most`,
      withPlace(contract, async ({ bench, clock, manager, call }) => {
        bench.setServerClock(offsetMs)
        const statuses = []
        for (let count = 0; count < 5; count++) {
          statuses.push(await call())
          clock.advanceSeconds(2)
        }
        expect(statuses).toEqual([200, 200, 200, 200, 200])
        expect(manager.stats().rejected).toBeLessThanOrEqual(1)
        expect(manager.stats().mints).toBeLessThanOrEqual(2)
      }),
    )
  }
}

function describeManyCallers(contract: VendorContract): void {
  const all200 = Array.from({ length: 50 }, () => 200)

  it(
    '50 calls at once lead to one token',
    withPlace(contract, async ({ manager, call }) => {
      expect(await Promise.all(Array.from({ length: 50 }, call))).toEqual(all200)
      expect(manager.stats().mints).toBe(1)
    }),
  )

  it(
    'a caller that goes away takes nobody along',
    withPlace(contract, async ({ bench, manager, call }) => {
      const reason = new Error('gone')
      const signal = AbortSignal.abort(reason)
      await expect(bench.source().getToken({ signal })).rejects.toBe(reason)
      const leaver = new AbortController()
      const left = manager.getToken({ signal: leaver.signal })
      const stayed = manager.getToken()
      leaver.abort(reason)
      await expect(left).rejects.toBe(reason)
      expect((await stayed).value).not.toBe('')
      expect(await call()).toBe(200)
      expect(manager.stats().mints).toBe(1)
    }),
  )

  if (contract.without?.includes('revokeTokens')) return
  it(
    '50 calls at once with a token that is refused lead to one new token',
    withPlace(contract, async ({ bench, clock, manager, call }) => {
      expect(await call()).toBe(200)
      passSettling(bench, clock)
      able(bench.revokeTokens)()
      expect(await Promise.all(Array.from({ length: 50 }, call))).toEqual(all200)
      expect(manager.stats()).toMatchObject({ mints: 2, rejected: 1 })
    }),
  )
}

function describeOptions(contract: VendorContract): void {
  it.each([...ALWAYS_BAD, ...contract.badOptions])(
    'it refuses %s when the source is made',
    async (_what, options, option) => {
      await withPlace(contract, async ({ bench }) => {
        const error = errorOf(() => bench.source(options))
        expect(error).toBeInstanceOf(OptionError)
        expect(error).toMatchObject({ option })
        expectNoSecret(`${String(error)} ${inspect(error)}`, bench)
      })()
    },
  )

  it(
    'neither a source nor a token shows a secret',
    withPlace(contract, async ({ bench, manager }) => {
      const source = bench.source()
      const token = await manager.getToken()
      for (const thing of [source, manager, token]) {
        const seen = inspect(thing, { depth: 10, showHidden: true }) + JSON.stringify(thing)
        expectNoSecret(seen, bench)
        expect(seen).not.toContain(token.value)
      }
    }),
  )
}

/** What a bench must be able to do, unless its contract says that it cannot. */
function able<Ability>(ability: Ability | undefined): Ability {
  if (ability === undefined) throw new Error('The bench lacks it, and "without" does not say so.')
  return ability
}

/**
 * Waits until a refusal says something: a vendor may not know a new token yet, and within the second in
 * which a token was signed another one may be the same to the letter.
 */
function passSettling(bench: VendorBench, clock: FakeClock): void {
  clock.advanceSeconds(Math.max(1, bench.source().propagationDelay ?? 0))
}

function errorOf(make: () => unknown): unknown {
  try {
    make()
  } catch (error) {
    return error
  }
  return undefined
}

function expectNoSecret(text: string, { secrets }: VendorBench): void {
  for (const secret of secrets) {
    // A PEM text is shown with its line ends escaped: its lines are looked for.
    for (const line of secret.split('\n')) if (line.length >= 8) expect(text).not.toContain(line)
  }
}
