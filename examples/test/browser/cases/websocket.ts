import { expect, it } from 'vitest'
import { LIFE } from '../api.ts'
import { type Bench, run, sandbox } from '../bench.ts'

/** What a page is told of a WebSocket that was refused: nothing. */
const REFUSED = { code: 1006, reason: '' }

/** For whom a WebSocket is opened, and for how long. */
export function webSocketCases(bench: Bench): void {
  const url = (path: string): string => bench.api.origin.replace('http', 'ws') + path

  it('is opened for the shop’s page with a token among the protocols, and ends with the token', async () => {
    const { api } = bench
    const page = await bench.open('app')
    const protocols = [`bearer.${await bench.token()}`, 'orders.v1']

    expect(await run(page, 'openSocket', url('/'), protocols)).toEqual({
      data: 'hello alice',
      protocol: 'orders.v1',
    })
    api.clock.advanceSeconds(LIFE - 1)
    expect(await page.evaluate('Promise.race([socketClosed, 0])')).toBe(0)
    api.clock.advanceSeconds(1)
    expect(await run(page, 'socketClosed')).toEqual({ code: 3000, reason: 'token_expired' })
    expect(api.done).toEqual(['socket for alice'])
  })

  it.each(['evil', 'sibling', 'partner'] as const)(
    'is not opened with a stolen token for the page %s, since CORS knows no WebSockets',
    async (where) => {
      const { api } = bench
      const page = await bench.open(where)
      const token = await bench.token()
      const protocols = [`bearer.${token}`, 'orders.v1']

      expect(await run(page, 'openSocket', url('/'), protocols)).toEqual(REFUSED)
      const query = url(`/query?access_token=${token}`)
      expect(await run(page, 'openSocket', query, ['orders.v1'])).toEqual(REFUSED)
      expect(api.seen).toHaveLength(2)
      expect(api.seen.every((one) => one.includes(` ${where} `))).toBe(true)
      expect(api.done).toEqual([])
    },
  )

  it('is opened for the shop’s page with a token in the query, where that is asked for', async () => {
    const page = await bench.open('app')
    const query = `access_token=${await bench.token()}`
    expect(await run(page, 'openSocket', url(`/query?${query}`), [])).toMatchObject({
      data: 'hello alice',
    })
    expect(await run(page, 'openSocket', url(`/?${query}`), [])).toEqual(REFUSED)
    expect(bench.api.done).toEqual(['socket for alice'])
  })

  it('is not opened for a sandboxed frame', async () => {
    const { api } = bench
    const frame = await sandbox(await bench.open('app'))
    const protocols = [`bearer.${await bench.token()}`, 'orders.v1']

    expect(await run(frame, 'openSocket', url('/'), protocols)).toEqual(REFUSED)
    expect(api.seen).toEqual([expect.stringMatching(/^GET \/ null /)])
    expect(api.done).toEqual([])
  })

  it('is opened with a cookie for the shop’s page alone, whichever pages send the cookie', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'None')
    for (const where of ['evil', 'sibling'] as const) {
      const page = await bench.open(where)
      expect(await run(page, 'openSocket', url('/cookie'), []), where).toEqual(REFUSED)
    }
    expect(api.seen.map((one) => one.split(' ').slice(2))).toEqual([
      ['evil', expect.any(String), 'cookie'],
      ['sibling', expect.any(String), 'cookie'],
    ])
    expect(api.done).toEqual([])
    const page = await bench.open('app')
    expect(await run(page, 'openSocket', url('/cookie'), [])).toMatchObject({
      data: 'hello alice',
    })
    expect(api.done).toEqual(['socket for alice'])
  })

  it('is not opened with a token and no protocol beside it', async () => {
    const page = await bench.open('app')
    const protocols = [`bearer.${await bench.token()}`]
    expect(await run(page, 'openSocket', url('/'), protocols)).toEqual(REFUSED)
    expect(bench.api.done).toEqual([])
  })
}
