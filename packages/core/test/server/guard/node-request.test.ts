import { type NodeRequest, nodeRequest } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

function node(
  rawHeaders: readonly string[],
  headers: NodeRequest['headers'],
  rest: Partial<NodeRequest> = {},
): NodeRequest {
  return { method: 'GET', url: '/', rawHeaders, headers, ...rest }
}

describe('What a guard sees of a Node request', () => {
  it('is every value of a field that was sent more than once, which "headers" hides', () => {
    const request = node(['Authorization', 'a', 'x', 'b', 'AUTHORIZATION', 'c'], {
      authorization: 'a',
      x: 'b',
    })
    expect(nodeRequest(request).header('authorization')).toEqual(['a', 'c'])
  })

  it('is what middleware has put in the place of a field, or that it took the field off', () => {
    const raw = ['Authorization', 'sent']
    const replaced = nodeRequest(node(raw, { authorization: 'replaced' }))
    expect(replaced.header('authorization')).toEqual(['replaced'])
    expect(nodeRequest(node(raw, {})).header('authorization')).toEqual([])
  })

  it('is "headers" where there are no raw ones, as on servers without sockets', () => {
    const request = nodeRequest(node([], { origin: 'https://a.example', cookie: ['a=1', 'b=2'] }))
    expect(request.header('origin')).toEqual(['https://a.example'])
    expect(request.header('cookie')).toEqual(['a=1', 'b=2'])
    expect(request.header('dpop')).toEqual([])
  })

  it('is the URL and the body that the framework keeps elsewhere', () => {
    const request = node([], {}, { method: 'POST', url: '/orders' })
    expect(nodeRequest(request)).toMatchObject({ method: 'POST', url: '/orders', body: undefined })
    const more = { url: '/api/orders?x=1', body: { a: 1 } }
    expect(nodeRequest(request, more)).toMatchObject({ method: 'POST', ...more })
  })
})
