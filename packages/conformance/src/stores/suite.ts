import { deepEqual, equal, ok } from 'node:assert/strict'
import { type StoredToken, systemClock, type TokenLock, type TokenLockOptions } from '@mayfly/core'
import type { ConformanceCase } from '../driver.ts'
import type { OpenStores, StoresDriver } from './driver.ts'

/** Seconds: no test lives to see it. */
const LATER = 4_000_000_000

/** Ids that a careless store trips over. */
const ODD_IDS = ['', ' ', '__proto__', 'a:b', 'a\nb', 'a*', 'é', '\u0000', 'x'.repeat(4096)]

type Run = (first: OpenStores, second: OpenStores) => Promise<void>

/**
 * Lists what stores of shared state must do, as cases for any test runner: one-time tokens,
 * revocations, generations, and tokens and locks where they are shared.
 *
 * @example
 * ```ts
 * import { storeConformance, type StoresDriver } from '@mayfly/conformance'
 *
 * declare const driver: StoresDriver
 * declare function it(name: string, run: () => Promise<void>): void
 *
 * for (const { name, run } of storeConformance(driver)) it(name, run)
 * ```
 */
export function storeConformance(driver: StoresDriver): readonly ConformanceCase[] {
  return Object.entries(CASES).map(([name, run]) => ({
    name,
    run: async () => {
      await using opened = await driver.open(2)
      const [first, second = first] = opened.processes
      if (first === undefined || second === undefined) throw new TypeError('Open gave no stores.')
      await run(first, second)
    },
  }))
}

const CASES: Readonly<Record<string, Run>> = {
  'a token is used once, wherever it comes': async (first, second) => {
    equal(await first.once.consume('one', LATER), true)
    equal(await first.once.consume('one', LATER), false)
    equal(await second.once.consume('one', LATER), false)
    equal(await second.once.consume('two', LATER), true)
  },
  'of fifty uses at once one is the first': async (first, second) => {
    const uses = Array.from({ length: 50 }, async (_, index) =>
      (index % 2 === 0 ? first : second).once.consume('many', LATER),
    )
    equal((await Promise.all(uses)).filter(Boolean).length, 1)
  },
  'odd ids are ids like any other': async (first, second) => {
    for (const id of ODD_IDS) {
      equal(await first.once.consume(id, LATER), true)
      equal(await second.once.consume(id, LATER), false)
      equal(await first.revocations.isRevoked(id), false)
      await first.revocations.revoke(id, LATER)
      equal(await second.revocations.isRevoked(id), true)
      ok((await first.generations.bump(id)) > 0)
    }
  },
  'a revoked token is revoked everywhere, and no other is': async (first, second) => {
    await first.revocations.revoke('one', LATER)
    equal(await second.revocations.isRevoked('one'), true)
    equal(await second.revocations.isRevoked('two'), false)
  },
  'a revocation stays as long as the longest that was asked for': async (first, second) => {
    await first.revocations.revoke('one', LATER)
    await second.revocations.revoke('one', 1)
    equal(await first.revocations.isRevoked('one'), true)
  },
  'a revocation outlasts its token, which verifiers may let go on by their clock tolerance': async (
    first,
    second,
  ) => {
    await first.revocations.revoke('one', systemClock.now() / 1000 - 3000)
    equal(await second.revocations.isRevoked('one'), true)
  },
  'a used token stays used for an hour after it has expired, for other clock tolerances': async (
    first,
    second,
  ) => {
    const expired = systemClock.now() / 1000 - 3000
    equal(await first.once.consume('old', expired), true)
    equal(await second.once.consume('old', expired), false)
  },
  'a store of generations says how long it remembers': async (first) => {
    const { maxLifetime } = first.generations
    ok(maxLifetime === undefined || maxLifetime > 0)
  },
  'using, revoking and counting do not touch each other': async (first) => {
    equal(await first.once.consume('one', LATER), true)
    equal(await first.revocations.isRevoked('one'), false)
    equal(await first.generations.current('one'), 0)
  },
  'a generation is larger than all before it, for its subject alone': async (first, second) => {
    equal(await first.generations.current('alice'), 0)
    const one = await first.generations.bump('alice')
    const two = await second.generations.bump('alice')
    ok(one > 0 && two > one)
    equal(await first.generations.current('alice'), two)
    equal(await first.generations.current('bob'), 0)
  },
  'generations that begin at once are all different': async (first, second) => {
    const bumps = Array.from({ length: 20 }, async (_, index) =>
      (index % 2 === 0 ? first : second).generations.bump('alice'),
    )
    const numbers = await Promise.all(bumps)
    equal(new Set(numbers).size, 20)
    equal(await second.generations.current('alice'), Math.max(...numbers))
  },
  'a shared token is read as it was written, until it is deleted': async (first, second) => {
    if (first.tokens === undefined || second.tokens === undefined) return
    const signal = new AbortController().signal
    equal(await first.tokens.get('source', { signal }), undefined)
    await first.tokens.set('source', token('one'), { signal })
    deepEqual(await second.tokens.get('source', { signal }), token('one'))
    await second.tokens.set('source', token('two'), { signal })
    deepEqual(await first.tokens.get('source', { signal }), token('two'))
    equal(await first.tokens.get('other', { signal }), undefined)
    await second.tokens.delete('source')
    equal(await first.tokens.get('source', { signal }), undefined)
  },
  'a shared token that has ended is none': async (first) => {
    if (first.tokens === undefined) return
    const signal = new AbortController().signal
    await first.tokens.set('source', { ...token('one'), issuedAt: 1, expiresAt: 2 }, { signal })
    equal(await first.tokens.get('source', { signal }), undefined)
  },
  'of twenty who ask for a lock at once one has it, until it is given back': async (...both) => {
    const [first, second] = both.map(({ tokens }) => tokens)
    if (first?.lock === undefined || second?.lock === undefined) return
    const attempts = Array.from({ length: 20 }, async (_, index) =>
      (index % 2 === 0 ? first : second).lock?.('source', FOR_A_MINUTE),
    )
    const [taken, ...others] = (await Promise.all(attempts)).filter((each) => each !== undefined)
    ok(taken !== undefined)
    equal(others.length, 0)
    await taken.release()
    ok((await second.lock('source', FOR_A_MINUTE)) !== undefined)
    equal(await first.lock('source', FOR_A_MINUTE), undefined)
  },
  'a lock is of one source, and touches no token': async (...both) => {
    const [first, second] = both.map(({ tokens }) => tokens)
    if (first?.lock === undefined || second?.lock === undefined) return
    const { signal } = FOR_A_MINUTE
    ok((await first.lock('source', FOR_A_MINUTE)) !== undefined)
    equal(await second.get('source', { signal }), undefined)
    await second.set('source', token('one'), { signal })
    deepEqual(await first.get('source', { signal }), token('one'))
    await second.delete('source')
    equal(await second.lock('source', FOR_A_MINUTE), undefined)
    for (const id of ODD_IDS) ok((await second.lock(id, FOR_A_MINUTE)) !== undefined)
  },
  'a lock is extended by its holder while it has it': async (...both) => {
    const [first, second] = both.map(({ tokens }) => tokens)
    if (first?.lock === undefined || second?.lock === undefined) return
    const taken = await first.lock('source', { ...FOR_A_MINUTE, lifetimeMs: 60_000 })
    if (taken?.extend === undefined) return
    equal(await taken.extend(60_000), true)
    equal(await second.lock('source', FOR_A_MINUTE), undefined)
    equal(await taken.extend(1), true)
    let next: TokenLock | undefined
    while (next === undefined) next = await second.lock('source', FOR_A_MINUTE)
    equal(await taken.extend(60_000), false)
    equal(await first.lock('source', FOR_A_MINUTE), undefined)
  },
  'a lock ends by itself, and its late holder ends no other’s': async (...both) => {
    const [first, second] = both.map(({ tokens }) => tokens)
    if (first?.lock === undefined || second?.lock === undefined) return
    const dead = await first.lock('source', { ...FOR_A_MINUTE, lifetimeMs: 1 })
    ok(dead !== undefined)
    let next: TokenLock | undefined
    while (next === undefined) next = await second.lock('source', FOR_A_MINUTE)
    await dead.release()
    equal(await first.lock('source', FOR_A_MINUTE), undefined)
    await next.release()
    await next.release()
    ok((await first.lock('source', FOR_A_MINUTE)) !== undefined)
  },
}

const FOR_A_MINUTE: TokenLockOptions = {
  lifetimeMs: 60_000,
  signal: new AbortController().signal,
}

function token(value: string): StoredToken {
  return {
    id: 'source',
    value,
    issuedAt: 1_700_000_000,
    expiresAt: LATER,
    origins: ['https://api.example.com'],
    keyId: 'k1',
  }
}
