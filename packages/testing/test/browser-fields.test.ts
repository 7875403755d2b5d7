import { describe, expect, it } from 'vitest'
import { browserFields, type BrowserRequest } from '../src/index.ts'

const url = 'https://api.example.com/orders'
const APP = 'https://app.example.com'

/** The origin that is shown, and how near the page is said to be. */
function said(request: Partial<BrowserRequest>): unknown[] {
  const fields = browserFields({ page: APP, url, ...request })
  return [fields['origin'], fields['sec-fetch-site']]
}

describe('What a browser says of a page', () => {
  it.each<[page: string, site: string]>([
    ['https://api.example.com', 'same-origin'],
    ['https://app.example.com', 'same-site'],
    ['https://example.com', 'same-site'],
    ['https://api.example.com:8443', 'same-site'],
    ['http://api.example.com', 'cross-site'],
    ['https://example.org', 'cross-site'],
    ['https://badexample.com', 'cross-site'],
    ['null', 'cross-site'],
  ])('%s is %s to an API', (page, site) => {
    expect(said({ page, method: 'POST' })).toEqual([page, site])
  })

  it.each<[page: string, url: string, site: string]>([
    ['https://a.co.uk', 'https://b.co.uk/', 'cross-site'],
    ['https://a.shop.co.uk', 'https://b.shop.co.uk/', 'same-site'],
    ['https://alice.github.io', 'https://bob.github.io/', 'cross-site'],
    ['http://app.shop.localhost:1', 'http://api.shop.localhost:2/', 'same-site'],
    ['http://app.localhost:1', 'http://api.localhost:2/', 'cross-site'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:2/', 'same-site'],
    ['http://127.0.0.1:1', 'http://127.0.0.2:1/', 'cross-site'],
    ['http://[::1]:1', 'http://[::1]:2/', 'same-site'],
    ['http://localhost:1', 'http://localhost:2/', 'same-site'],
  ])('goes by who owns a name: %s and %s are %s', (page, target, site) => {
    expect(browserFields({ page, url: target })['sec-fetch-site']).toBe(site)
  })

  it('shows no origin where a request could not be told from one of the API itself', () => {
    const page = 'https://api.example.com'
    expect(said({ page })).toEqual([undefined, 'same-origin'])
    expect(said({ page, method: 'POST' })).toEqual([page, 'same-origin'])
    expect(said({ by: 'image' })).toEqual([undefined, 'same-site'])
    expect(said({ by: 'link' })).toEqual([undefined, 'same-site'])
    expect(said({ by: 'form' })).toEqual([undefined, 'same-site'])
    expect(said({ by: 'form', method: 'POST' })).toEqual([APP, 'same-site'])
  })

  it('always shows an origin for a WebSocket, and no fetch metadata', () => {
    expect(browserFields({ page: APP, url: 'wss://app.example.com/', by: 'websocket' })).toEqual({
      origin: APP,
    })
  })

  it('asks in a preflight for the method and the fields of the request to come', () => {
    expect(
      browserFields({ page: APP, url, by: 'preflight', method: 'PUT', fields: ['X', 'a'] }),
    ).toEqual({
      origin: APP,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'a,x',
      'sec-fetch-site': 'same-site',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
    })
  })

  it('keeps fetch metadata from a server that anybody could listen in on', () => {
    const page = 'http://app.example.com'
    expect(browserFields({ page, url: 'http://api.example.com/' })).toEqual({ origin: page })
  })

  it.each<[option: string, change: object]>([
    ['page', { page: 'https://app.example.com/' }],
    ['page', { page: 'app.example.com' }],
    ['url', { url: '/orders' }],
    ['by', { by: 'magic' }],
    ['pages', { pages: [] }],
  ])('refuses an unsound option: %s', (option, change) => {
    expect(() => said(change)).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })
})
