import { type AccessToken, type SourceError, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

type Step =
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'get'; readonly force: boolean; readonly minLifetime: number }
  | { readonly do: 'reject' }
  | { readonly do: 'fail' }
  | { readonly do: 'crowd' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 500_000 }) }),
  fc.record({
    do: fc.constant('get' as const),
    force: fc.boolean(),
    minLifetime: fc.constantFrom(0, 0, 100, 600),
  }),
  fc.constantFrom<Step>({ do: 'reject' }, { do: 'fail' }, { do: 'crowd' }),
)

// Whatever happens in whatever order, these hold: nobody gets a token that has ended, that was refused,
// or that lives shorter than asked for; and a fresh token is never minted anew without a reason.
it('keeps its promises in every order of events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = new FakeClock()
      const source = new ScriptedSource({ clock })
      const manager = new TokenManager(source, { clock, random: () => 0.5 })
      const rejected = new Set<string>()
      let last: AccessToken | undefined
      let failing = 0

      const get = async (options: { forceRefresh?: boolean; minLifetime?: number } = {}) => {
        const before = { mints: source.mints, state: manager.stats().state }
        try {
          last = await manager.getToken(options)
          const left = last.expiresAt - clock.now() / 1000
          expect(left).toBeGreaterThan(0)
          expect(left).toBeGreaterThanOrEqual(options.minLifetime ?? 0)
          expect(rejected).not.toContain(last.value)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_MINT_FAILED' })
          const { retryAfterMs } = error as SourceError
          if (retryAfterMs === undefined) {
            expect(failing).toBeGreaterThan(0)
            failing--
          } else {
            // The brake: no try was made, and there is nothing better to give.
            expect(options.forceRefresh).not.toBe(true)
            expect(source.mints).toBe(before.mints)
            expect(retryAfterMs).toBeLessThanOrEqual(60_000)
          }
        }
        if (before.state === 'fresh' && options.forceRefresh !== true && !options.minLifetime) {
          expect(source.mints).toBe(before.mints)
        }
        expect(source.mints - before.mints).toBeLessThanOrEqual(1)
        await settle()
        expect(manager.stats().refreshing).toBe(false)
      }

      for (const each of steps) {
        if (each.do === 'advance') clock.advance(each.ms)
        if (each.do === 'get')
          await get({ forceRefresh: each.force, minLifetime: each.minLifetime })
        if (each.do === 'reject' && last !== undefined) {
          rejected.add(last.value)
          manager.invalidate(last)
        }
        if (each.do === 'fail') {
          failing++
          source.next(new Error('down'))
        }
        if (each.do === 'crowd') {
          const before = source.mints
          await Promise.allSettled(Array.from({ length: 9 }, () => manager.getToken()))
          await settle()
          if (source.mints > before) failing = Math.max(0, failing - 1)
          expect(source.mints - before).toBeLessThanOrEqual(1)
        }
      }
    }),
    { numRuns: 300 },
  )
})
