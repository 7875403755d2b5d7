import { request as httpRequest } from 'node:http'
import { TokenManager, type TokenSource } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { type Handle, proxyRawHeaders } from '../../src/handlers.ts'
import { type Gateway, gatewayConformance } from '@mayfly/conformance'
import { type Faults, nodeGateway } from './node-gateway.ts'

const cases = gatewayConformance(nodeGateway())

function withOptions(options: Gateway['options']): NonNullable<Faults['gateway']> {
  return (asked) => ({ ...asked, options: { ...asked.options, ...options } })
}

/** Asks for a new token each time; one after the other, so that no two share a refresh. */
function unmanaged(asked: Gateway): Gateway {
  const { source } = asked
  if (!(source instanceof TokenManager)) return asked
  const { id, origins } = source
  let turn: Promise<unknown> = Promise.resolve()
  const getToken: TokenSource['getToken'] = (options) => {
    const token = turn.then(() => source.getToken({ ...options, forceRefresh: true }))
    turn = token
    return token
  }
  return { ...asked, source: { id, origins, getToken } }
}

/** Chooses a source once, and stays with it. */
function oneForAll(asked: Gateway): Gateway {
  const { source } = asked
  if (typeof source !== 'function') return asked
  let first: TokenSource | undefined
  return { ...asked, source: (request) => (first ??= source(request)) }
}

/** Forwards a body of its own. */
function proxyOtherBody(target: string): Handle {
  return ({ method, url = '/', headers }, response) => {
    const { 'content-length': _, ...fields } = headers
    const onward = httpRequest(target + url, { method: method ?? 'GET', headers: fields })
    onward.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.end('another body')
  }
}

/** Takes the target for a URL of its own right. */
function proxyAnywhere(target: string): Handle {
  return ({ method, url = '/', headers }, response) => {
    const onward = httpRequest(new URL(url, target), { method: method ?? 'GET', headers })
    onward.once('response', (answer) => answer.pipe(response))
    onward.once('error', () => response.destroy())
    onward.end()
  }
}

/** Sends on what came after the body. */
function proxyTrailers(target: string): Handle {
  return (request, response) => {
    const { method, url = '/', headers } = request
    const onward = httpRequest(target + url, { method: method ?? 'GET', headers })
    onward.once('response', (answer) => answer.pipe(response))
    request.on('data', (chunk: Buffer) => void onward.write(chunk))
    request.once('end', () => {
      onward.addTrailers({ ...request.trailers })
      onward.end()
    })
  }
}

/** Goes on until a request is odd, and then no more. */
function proxyUntilOdd(target: string): Handle {
  const forward = proxyRawHeaders(target)
  let isStanding = true
  return (request, response, auth) => {
    isStanding &&= request.method !== 'TRACE'
    if (isStanding) return forward(request, response, auth)
    return void response.destroy()
  }
}

/** Leaves the answer's own `Date` out. */
function proxyWithoutDate(target: string): Handle {
  return (request, response, auth) => {
    const writeHead = response.writeHead.bind(response)
    response.writeHead = (status: number, fields?: unknown) => {
      const { date: _, ...others } = fields as Record<string, string>
      return writeHead(status, others)
    }
    return proxyRawHeaders(target)(request, response, auth)
  }
}

const FAULTS: readonly (readonly [fault: string, faults: Faults, foundBy: readonly string[]])[] = [
  [
    'sends the cookies on',
    { gateway: withOptions({ keepHeaders: ['cookie'] }) },
    ["nothing of the caller's own"],
  ],
  [
    'leaves the query as it is',
    { gateway: withOptions({ stripQuery: [] }) },
    ["nothing of the caller's own"],
  ],
  ['sends another body', { proxy: proxyOtherBody }, ['App Store Connect takes', 'a streamed body']],
  ['asks for a new token each time', { gateway: unmanaged }, ['50 requests at once']],
  [
    'does not look at answers',
    { gateway: withOptions({ watchResponses: false }) },
    ['a 401 from upstream', 'the Date that the proxy copies'],
  ],
  ['hides the Date', { proxy: proxyWithoutDate }, ['the Date that the proxy copies']],
  ['has one source for all', { gateway: oneForAll }, ['two tenants at once']],
  ['goes on without a token', { refuse: false }, ['without a token']],
  ['goes where the target says', { proxy: proxyAnywhere }, ['a target that names another server']],
  ['sends trailers on', { proxy: proxyTrailers }, ['trailers carry nothing']],
  [
    'passes upgrades on by itself',
    { tunnel: true },
    [
      'an upgrade takes nothing',
      'an upgrade goes through',
      'an upgrade without a token',
      'a client that goes away',
    ],
  ],
  ['falls over a request', { proxy: proxyUntilOdd }, ['odd requests leave']],
]

describe('a gateway that does everything right passes', () => {
  for (const { name, run } of cases) it(name, run)
})

describe('a gateway is found out that', () => {
  for (const [fault, faults, foundBy] of FAULTS) {
    it.each(foundBy)(`${fault}, by: %s`, async (beginning) => {
      const mine = gatewayConformance(nodeGateway(faults))
      const found = mine.filter(({ name }) => name.startsWith(`node:http: ${beginning}`))
      expect(found).toHaveLength(1)
      await expect(found[0]?.run()).rejects.toThrow()
    })
  }
})

describe('every case of the gateway suite', () => {
  const finders = FAULTS.flatMap(([, , foundBy]) => foundBy)

  it.each(cases.map(({ name }) => name))('can fail: %s', (name) => {
    expect(finders.some((beginning) => name.startsWith(`node:http: ${beginning}`))).toBe(true)
  })
})
