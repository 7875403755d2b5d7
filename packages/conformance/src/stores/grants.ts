import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { GrantStore } from '@mayfly/core/grants'
import type { ConformanceCase } from '../driver.ts'

/** What {@link grantStoreConformance} needs to know of a store. */
export interface GrantStoreDriver {
  /**
   * Opens an empty store, for as many processes as are asked for: what one writes, the others read.
   * Stores of one process alone give the same one each time.
   */
  open(processes: number): Promise<AsyncDisposable & { readonly processes: readonly GrantStore[] }>
}

/** Ids that a careless store trips over. */
const ODD_IDS = ['a b', '__proto__', 'a:b', 'a\nb', 'a*', 'é', '%00', '{a}', 'x'.repeat(1024), '🜲']

type Run = (first: GrantStore, second: GrantStore) => Promise<void>

/**
 * Lists what a store of grants must do, as cases for any test runner: compare-and-swap, versions that
 * never come back, the store's own time, and lists.
 *
 * @example
 * ```ts
 * import { grantStoreConformance } from '@mayfly/conformance'
 * import { MemoryGrantStore } from '@mayfly/core/grants'
 *
 * declare function it(name: string, run: () => Promise<void>): void
 *
 * const open = async () => {
 *   const store = new MemoryGrantStore()
 *   return { processes: [store, store], [Symbol.asyncDispose]: async () => {} }
 * }
 * for (const { name, run } of grantStoreConformance({ open })) it(name, run)
 * ```
 */
export function grantStoreConformance(driver: GrantStoreDriver): readonly ConformanceCase[] {
  return Object.entries(CASES).map(([name, run]) => ({
    name,
    run: async () => {
      await using opened = await driver.open(2)
      const [first, second = first] = opened.processes
      if (first === undefined || second === undefined) throw new TypeError('Open gave no store.')
      await run(first, second)
    },
  }))
}

const CASES: Readonly<Record<string, Run>> = {
  'a record that was never written is none': async (first) => {
    equal(await first.read('a'), undefined)
  },
  'a record is read as it was written, by every process': async (first, second) => {
    const version = await first.write('a', 'one')
    ok(typeof version === 'string' && version !== '')
    const read = await second.read('a')
    deepEqual([read?.record, read?.version], ['one', version])
  },
  'a record of any text and 64 kB is kept to the letter': async (first, second) => {
    const text = `"'\\\u0000\n é 🜲 ${'x'.repeat(65_536)}`.replace('\u0000', '')
    ok(await first.write('a', text))
    equal((await second.read('a'))?.record, text)
  },
  'without an expected version the record must not exist': async (first, second) => {
    ok(await first.write('a', 'one'))
    equal(await second.write('a', 'two'), undefined)
    equal((await first.read('a'))?.record, 'one')
  },
  'an expected version must be the one that is there': async (first, second) => {
    const one = await first.write('a', 'one')
    const two = await second.write('a', 'two', one)
    ok(two !== undefined && two !== one)
    equal(await first.write('a', 'three', one), undefined)
    equal((await first.read('a'))?.record, 'two')
    equal(await first.write('b', 'three', two), undefined)
    equal(await first.read('b'), undefined)
  },
  'a write that is carried out twice is carried out once': async (first) => {
    const one = await first.write('a', 'one')
    const both = await Promise.all([first.write('a', 'two', one), first.write('a', 'two', one)])
    equal(both.filter((version) => version !== undefined).length, 1)
  },
  'of fifty writes over one version one succeeds': async (first, second) => {
    const one = await first.write('a', 'one')
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        (index % 2 === 0 ? first : second).write('a', `${index}`, one),
      ),
    )
    const won = all.flatMap((version, index) => (version === undefined ? [] : [index]))
    equal(won.length, 1)
    equal((await second.read('a'))?.record, String(won[0]))
  },
  'of fifty first writes one succeeds': async (first, second) => {
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        (index % 2 === 0 ? first : second).write('a', `${index}`),
      ),
    )
    equal(all.filter((version) => version !== undefined).length, 1)
  },
  'the same record written again has another version': async (first) => {
    const one = await first.write('a', 'one')
    notEqual(await first.write('a', 'one', one), one)
  },
  'a record is deleted in its expected version alone': async (first, second) => {
    const one = await first.write('a', 'one')
    const two = await first.write('a', 'two', one)
    ok(one !== undefined && two !== undefined)
    equal(await second.delete('a', one), false)
    equal((await first.read('a'))?.record, 'two')
    equal(await second.delete('a', two), true)
    equal(await first.read('a'), undefined)
    equal(await second.delete('a', two), false)
  },
  'a version never comes back, not after a deletion either': async (first, second) => {
    const seen = new Set<string>()
    for (let round = 0; round < 5; round++) {
      const version = await first.write('a', 'one')
      ok(version !== undefined && !seen.has(version))
      seen.add(version)
      equal(await second.delete('a', version), true)
      equal(await first.write('a', 'late', version), undefined)
    }
  },
  'the store’s own time passes, and is the same for every process': async (first, second) => {
    ok(await first.write('a', 'one'))
    const one = (await first.read('a'))?.now ?? Number.NaN
    const two = (await second.read('a'))?.now ?? Number.NaN
    ok(one > 1.6e12 && two >= one && two - one < 60_000)
  },
  'odd ids are ids like any other': async (first, second) => {
    for (const id of ODD_IDS) equal(typeof (await first.write(id, id)), 'string')
    for (const id of ODD_IDS) equal((await second.read(id))?.record, id)
    deepEqual(await listed(first), ODD_IDS.toSorted())
  },
  'every id is listed once, in pages': async (first, second) => {
    deepEqual(await listed(first), [])
    const ids = Array.from({ length: 250 }, (_, index) => `id-${index}`)
    await Promise.all(ids.map((id) => first.write(id, 'one')))
    const gone = await first.read('id-7')
    await second.delete('id-7', gone?.version ?? '')
    deepEqual(await listed(second), ids.filter((id) => id !== 'id-7').toSorted())
  },
}

async function listed(store: GrantStore): Promise<readonly string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await store.list(cursor)
    ids.push(...page.ids)
    if (page.cursor === undefined) return ids.toSorted()
    cursor = page.cursor
  }
}
