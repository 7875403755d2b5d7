import { expect, it } from 'vitest'
import { LIFE } from '../api.ts'
import { type Bench, run, sandbox } from '../bench.ts'

const HELLO = 'retry: 10\ndata: hello alice\n\n'

/** For whom server-sent events are streamed, and for how long. */
export function eventCases(bench: Bench): void {
  it('come by fetch with the token in the header, and end when the token does', async () => {
    const { api } = bench
    const page = await bench.open('app')
    const init = { headers: { authorization: `Bearer ${await bench.token()}` } }

    expect(await run(page, 'openStream', `${api.origin}/header/events`, init)).toBe(HELLO)
    api.clock.advanceSeconds(LIFE - 1)
    expect(await page.evaluate('Promise.race([streamOver, 0])')).toBe(0)
    api.clock.advanceSeconds(1)
    expect(await run(page, 'streamOver')).toBe(true)
    expect(api.done).toEqual(['events for alice'])
  })

  it('come to an EventSource with a cookie, and it gives up when its token has ended', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'Strict')
    const page = await bench.open('app')
    const init = { withCredentials: true }

    expect(await run(page, 'openEvents', `${api.origin}/cookie/events`, init)).toBe('hello alice')
    api.clock.advanceSeconds(LIFE + 60)
    expect(await run(page, 'eventsOver')).toBe('given up')
    // It was cut off, and came back once.
    expect(api.seen).toEqual([
      'GET /cookie/events app same-site cookie',
      'GET /cookie/events app same-site cookie',
    ])
    expect(api.done).toEqual(['events for alice'])
  })

  it('come to an EventSource with a token in the query, for the shop’s page alone', async () => {
    const { api } = bench
    const url = `${api.origin}/query/events?access_token=${await bench.token()}`
    for (const where of ['evil', 'sibling', 'partner'] as const) {
      expect(await run(await bench.open(where), 'openEvents', url), where).toBe('given up')
    }
    expect(await run(await sandbox(await bench.open('app')), 'openEvents', url)).toBe('given up')
    expect(api.seen.map((one) => one.split(' ')[2])).toEqual(['evil', 'sibling', 'partner', 'null'])
    expect(api.done).toEqual([])
    expect(await run(await bench.open('app'), 'openEvents', url)).toBe('hello alice')
  })

  it('are not even begun for another page that has the user’s cookie sent along', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'None')
    const url = `${api.origin}/cookie/events`
    for (const where of ['evil', 'sibling'] as const) {
      const page = await bench.open(where)
      expect(await run(page, 'openEvents', url, { withCredentials: true }), where).toBe('given up')
    }
    expect(api.seen).toEqual([
      'GET /cookie/events evil cross-site cookie',
      'GET /cookie/events sibling same-site cookie',
    ])
    expect(api.done).toEqual([])
  })
}
