import { expect, it } from 'vitest'
import { type Bench, type Read, run } from '../bench.ts'

/** What reaches an API without a script's doing, or without its reading the answer. */
export function elementCases(bench: Bench): void {
  it.each(['img', 'script', 'link', 'iframe', 'video'])(
    'cannot spend a stolen token by the address of an <%s>, which names no origin',
    async (tag) => {
      const { api } = bench
      const url = `${api.origin}/query/orders?access_token=${await bench.token()}`
      await run(await bench.open('evil'), 'embed', tag, url)
      await run(await bench.open('sibling'), 'embed', tag, url)

      expect(api.seen).toEqual([
        'GET /query/orders none cross-site',
        'GET /query/orders none same-site',
      ])
      expect(api.done).toEqual([])
    },
  )

  it('may spend a token by an address on a page of the API’s own origin', async () => {
    const { api } = bench
    const url = `${api.origin}/query/orders?access_token=${await bench.token()}`
    await run(await bench.open('api'), 'embed', 'img', url)

    expect(api.seen).toEqual(['GET /query/orders none same-origin'])
    expect(api.done).toEqual(['GET for alice'])
  })

  it('is let through where somebody opens an address, which no page asked for, unless told otherwise', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'Strict')
    const page = await bench.openAnew('evil')
    for (const path of ['cookie', 'strict-cookie']) await page.goto(`${api.origin}/${path}/orders`)

    expect(api.seen.filter((one) => one.includes('orders'))).toEqual([
      'GET /cookie/orders none none cookie',
      'GET /strict-cookie/orders none none cookie',
    ])
    expect(api.done).toEqual(['GET for alice'])
  })

  it('cannot hide behind an open redirect of the shop', async () => {
    const { api, pages } = bench
    const target = `${api.origin}/query/orders?access_token=${await bench.token()}`
    const url = `${pages.origins.app}/passed-on?to=${encodeURIComponent(target)}`
    await run(await bench.open('evil'), 'embed', 'img', url)

    expect(api.seen).toEqual(['GET /query/orders none cross-site'])
    expect(api.done).toEqual([])
  })

  it('cannot spend a token by a link, that of a cookie for links included', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'Lax')
    const page = await bench.openAnew('evil')
    for (const path of ['/cookie/orders', `/query/orders?access_token=${await bench.token()}`]) {
      const answer = page.waitForResponse(api.origin + path)
      await page.evaluate(`location.href = ${JSON.stringify(api.origin + path)}`)
      expect((await answer).status()).toBe(403)
      expect(await (await answer).text()).toContain('origin_unprovable')
      await page.goto(bench.pages.origins.evil)
    }
    expect(api.seen).toEqual([
      'GET /cookie/orders none cross-site cookie',
      'GET /query/orders none cross-site cookie',
    ])
    expect(api.done).toEqual([])
  })

  it.each<[where: 'evil' | 'sibling', query: string, said: string]>([
    ['evil', '', 'evil cross-site'],
    ['sibling', '', 'sibling same-site'],
    ['evil', '?referrer=no-referrer', 'null cross-site'],
  ])(
    'cannot order by a form on %s%s, with the user’s cookie or a stolen token',
    async (...told) => {
      const [where, query, said] = told
      const { api } = bench
      const token = await bench.token()
      await bench.leaveCookie(await bench.token(), 'None')
      const page = await bench.openAnew(where, query)
      await run(page, 'submit', `${api.origin}/cookie/orders`, { item: 1 })
      await run(page, 'submit', `${api.origin}/form/orders`, { access_token: token })

      expect(api.seen).toEqual([
        `POST /cookie/orders ${said} cookie`,
        `POST /form/orders ${said} cookie`,
      ])
      expect(api.done).toEqual([])
    },
  )

  it('may order by a form on the shop’s page', async () => {
    const { api } = bench
    const page = await bench.open('app')
    await bench.leaveCookie(await bench.token(), 'Strict')
    await run(page, 'submit', `${api.origin}/cookie/orders`, { item: 1 })
    await run(page, 'submit', `${api.origin}/form/orders`, { access_token: await bench.token() })

    expect(api.done).toEqual(['POST for alice', 'POST for alice'])
  })

  it('cannot order by a beacon', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'None')
    const page = await bench.open('evil')
    const seen = page.waitForResponse(`${api.origin}/cookie/orders`)
    await page.evaluate(`navigator.sendBeacon(${JSON.stringify(`${api.origin}/cookie/orders`)})`)

    expect((await seen).status()).toBe(403)
    expect(api.seen).toEqual(['POST /cookie/orders evil cross-site cookie'])
    expect(api.done).toEqual([])
  })
}

/** What a cookie is worth that holds a token. */
export function cookieCases(bench: Bench): void {
  it('serves the shop’s page', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'Strict')
    const page = await bench.open('app')
    const init = { method: 'POST', credentials: 'include' }

    expect(await run<Read>(page, 'call', `${api.origin}/cookie/orders`, init)).toMatchObject({
      status: 200,
    })
    expect(api.done).toEqual(['POST for alice'])
  })

  it('serves no other page of the same site, which SameSite=Strict would let in', async () => {
    const { api } = bench
    await bench.leaveCookie(await bench.token(), 'Strict')
    const page = await bench.open('sibling')
    const init = { method: 'POST', credentials: 'include', mode: 'no-cors' }
    await run<Read>(page, 'call', `${api.origin}/cookie/orders`, init)
    await run(page, 'embed', 'img', `${api.origin}/cookie/orders`)

    expect(api.seen).toEqual([
      'POST /cookie/orders sibling same-site cookie',
      'GET /cookie/orders none same-site cookie',
    ])
    expect(api.done).toEqual([])
  })

  it('is not needed by a page of the API’s own, whose token has to name it nevertheless', async () => {
    const { api } = bench
    const page = await bench.open('api')
    const call = async (token: string): Promise<unknown> => {
      const init = { headers: { authorization: `Bearer ${token}` } }
      const read = await run<Read>(page, 'call', `${api.origin}/strict/orders`, init)
      return read === 'nothing' ? read : read.status
    }
    expect(await call(await bench.token())).toBe(403)
    expect(await call(await api.issue(api.origin))).toBe(200)
    expect(api.seen).toEqual([
      'GET /strict/orders none same-origin',
      'GET /strict/orders none same-origin',
    ])
    expect(api.done).toEqual(['GET for alice'])
  })
}
