import { expect, it } from 'vitest'
import { LIFE } from '../api.ts'
import { type Bench, type Read, run, sandbox } from '../bench.ts'

const ORDERED = { status: 200, text: '{"ordered":true}', challenge: null }

function bearer(token: string): object {
  return { method: 'POST', headers: { authorization: `Bearer ${token}` } }
}

/** What `fetch` gets a page, and what it makes the API do. */
export function fetchCases(bench: Bench): void {
  it('gets the shop’s page a token, and what the token is for', async () => {
    const { api } = bench
    const page = await bench.open('app')
    const issued = await run<Exclude<Read, string>>(page, 'call', `${api.origin}/token`, {
      method: 'POST',
    })
    const { access_token: token } = JSON.parse(issued.text) as { access_token: string }
    const url = `${api.origin}/header/orders`

    expect(await run<Read>(page, 'call', url, bearer(token))).toEqual(ORDERED)
    expect(api.seen).toEqual([
      'POST /token app same-site',
      // The browser asks first, without a token, since a page may not just send the header.
      'OPTIONS /header/orders app same-site',
      'POST /header/orders app same-site',
    ])
    expect(api.done).toEqual(['POST for alice'])
  })

  it('tells the shop’s page why it is refused', async () => {
    const { api } = bench
    const page = await bench.open('app')
    const token = await bench.token()
    api.clock.advanceSeconds(LIFE + 60)
    const read = await run<Read>(page, 'call', `${api.origin}/header/orders`, bearer(token))

    expect(read).toMatchObject({ status: 401, text: expect.stringContaining('"token_expired"') })
    expect(read).toMatchObject({ challenge: expect.stringContaining('error="invalid_token"') })
    expect(api.done).toEqual([])
  })

  it('sends nothing for a page that CORS does not admit, whatever token it stole', async () => {
    const { api } = bench
    const page = await bench.open('evil')
    const url = `${api.origin}/header/orders`

    expect(await run<Read>(page, 'call', url, bearer(await bench.token()))).toBe('nothing')
    expect(api.seen).toEqual(['OPTIONS /header/orders evil cross-site'])
    expect(await run<Read>(page, 'call', `${api.origin}/token`, { method: 'POST' })).toBe('nothing')
    expect(api.done).toEqual([])
  })

  it('refuses a stolen token to a page that CORS does admit, and tells it so', async () => {
    const { api } = bench
    const page = await bench.open('partner')
    const url = `${api.origin}/header/orders`
    const read = await run<Read>(page, 'call', url, bearer(await bench.token()))

    expect(read).toMatchObject({ status: 403, text: expect.stringContaining('"origin_mismatch"') })
    expect(api.seen).toContain('POST /header/orders partner cross-site')
    expect(api.done).toEqual([])
    const own = bearer(await api.issue(bench.pages.origins.partner))
    expect(await run<Read>(page, 'call', url, own)).toEqual(ORDERED)
  })

  it('does what a request asks for that needs no preflight, if it is the shop’s', async () => {
    const { api } = bench
    const page = await bench.open('app')
    const url = `${api.origin}/query/orders?access_token=${await bench.token()}`

    expect(await run<Read>(page, 'call', url, { method: 'POST', body: 'x' })).toEqual(ORDERED)
    expect(api.seen).toEqual(['POST /query/orders app same-site'])
    expect(api.done).toEqual(['POST for alice'])
  })

  it.each(['cors', 'no-cors'])(
    'does nothing for a request of a thief that needs no preflight, sent as %s',
    async (mode) => {
      const { api } = bench
      const page = await bench.open('evil')
      const url = `${api.origin}/query/orders?access_token=${await bench.token()}`
      const read = await run<Read>(page, 'call', url, { method: 'POST', body: 'x', mode })

      const opaque = { status: 0, text: '', challenge: null }
      expect(read).toEqual(mode === 'cors' ? 'nothing' : opaque)
      // CORS did not keep it away: it was sent, and it is the token's origin that stops it.
      expect(api.seen).toEqual(['POST /query/orders evil cross-site'])
      expect(api.done).toEqual([])
    },
  )

  it('does nothing for a sandboxed frame, even one on the shop’s own page', async () => {
    const { api } = bench
    const frame = await sandbox(await bench.open('app'))
    const token = await bench.token()

    const url = `${api.origin}/query/orders?access_token=${token}`
    const read = await run<Read>(frame, 'call', url, { method: 'POST', mode: 'no-cors' })
    expect(read).toMatchObject({ status: 0, text: '' })
    const other = `${api.origin}/header/orders`
    expect(await run<Read>(frame, 'call', other, bearer(token))).toBe('nothing')
    expect(api.seen).toEqual([
      'POST /query/orders null cross-site',
      'OPTIONS /header/orders null cross-site',
    ])
    expect(api.done).toEqual([])
  })

  it('does nothing for a request that another site passed on, whoever began it', async () => {
    const { api, pages } = bench
    const page = await bench.open('app')
    const target = `${api.origin}/query/orders?access_token=${await bench.token()}`
    const url = `${pages.origins.evil}/passed-on?to=${encodeURIComponent(target)}`

    expect(await run<Read>(page, 'call', url, { method: 'POST', body: 'x' })).toBe('nothing')
    expect(api.seen).toEqual(['POST /query/orders null cross-site'])
    expect(api.done).toEqual([])
  })
}
