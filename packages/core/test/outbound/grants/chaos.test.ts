import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnswerFate, type StoreFate, tokenOf, World, EXPIRED_MS } from './world.ts'

const storeFate = fc.constantFrom<StoreFate>(
  'done',
  'done',
  'done',
  'lost',
  'unanswered',
  'late',
  'twice',
)
const kindAnswer = fc.constantFrom<AnswerFate>('given', 'given', 'refused', 'reset', 'unavailable')

interface Chaos {
  readonly aheadMs: readonly number[]
  readonly store: readonly (readonly StoreFate[])[]
  readonly answers: readonly AnswerFate[]
  readonly rounds: number
}

function chaos(answer: fc.Arbitrary<AnswerFate>): fc.Arbitrary<Chaos> {
  return fc.record({
    aheadMs: fc.array(fc.integer({ min: -600_000, max: 600_000 }), { minLength: 2, maxLength: 4 }),
    store: fc.array(fc.array(storeFate, { maxLength: 20 }), { minLength: 4, maxLength: 4 }),
    answers: fc.array(answer, { maxLength: 12 }),
    rounds: fc.integer({ min: 1, max: 4 }),
  })
}

async function play({ aheadMs, store, answers, rounds }: Chaos): Promise<World> {
  const world = new World()
  const all = aheadMs.map((ahead) => world.process(ahead))
  const [first] = all
  await world.run(first?.grants.save('shop', world.server.connect()) ?? Promise.reject(new Error()))
  for (const [index, process] of all.entries()) {
    const begun = process.store.writes
    process.store.fateOf = (write) => store[index]?.[write - begun] ?? 'done'
  }
  world.server.fates = [...answers]
  for (let round = 0; round < rounds; round++) {
    world.pass(EXPIRED_MS)
    await world.run(Promise.allSettled(all.flatMap((each) => [tokenOf(each), tokenOf(each)])))
  }
  // All is well again now, whatever was before.
  world.server.fates = []
  for (const process of all) process.store.fateOf = () => 'done'
  world.pass(EXPIRED_MS)
  await world.run(Promise.allSettled(all.map(async (each) => tokenOf(each))))
  return world
}

describe('processes in chaos', () => {
  it('never use a refresh token twice where no answer is lost, and all have a token in the end', async () => {
    await fc.assert(
      fc.asyncProperty(chaos(kindAnswer), async (plan) => {
        const world = await play(plan)
        const [family] = world.server.families
        expect(family).toMatchObject({ reused: false, ended: false })
        expect(world.events('reconnect-needed')).toEqual([])
        const tokens = await world.run(
          Promise.all(world.processes.map(async (each) => tokenOf(each))),
        )
        for (const token of tokens) expect(token).toBe(family?.access)
      }),
      { numRuns: 40 },
    )
  })

  it('lose a family to a lost answer alone, and say so once', async () => {
    const any = fc.constantFrom<AnswerFate>('given', 'given', 'lost', 'server-error', 'reset')
    await fc.assert(
      fc.asyncProperty(chaos(any), async (plan) => {
        const world = await play(plan)
        const [family] = world.server.families
        const needed = world.events('reconnect-needed')
        if (family?.ended === true) {
          expect(plan.answers).toContain('lost')
          expect(needed).toMatchObject([{ cause: 'answer_lost' }])
        } else {
          expect(needed).toEqual([])
          const tokens = world.processes.map(async (each) => tokenOf(each))
          for (const token of await world.run(Promise.all(tokens)))
            expect(token).toBe(family?.access)
        }
      }),
      { numRuns: 40 },
    )
  })
})
