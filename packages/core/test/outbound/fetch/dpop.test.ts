import type { ServerResponse } from 'node:http'
import {
  type BearerEvent,
  bearerFetch,
  DpopNonces,
  DpopProver,
  DpopVerifier,
  type RequestError,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { received } from '../../support/requests.ts'
import { ScriptedSource } from '../../support/scripted-source.ts'
import { answer, redirect, type SeenRequest, startUpstream } from '../../support/upstream.ts'

const ALGS = 'algs="ES256"'

interface Setup {
  readonly nonces?: DpopNonces
  /** What the server answers once a proof was found good. Default: 200. */
  readonly respond?: Parameters<typeof startUpstream>[0]
  /** How far the server's clock is ahead, in seconds. */
  readonly ahead?: number
}

/** A server that verifies every proof by its own clock, and refuses those that are no good. */
async function setUp({ nonces, respond, ahead = 0 }: Setup = {}) {
  const clock = new FakeClock()
  const serverClock = new FakeClock(clock.now() + ahead * 1000)
  const upstream = await startUpstream((request, response) => {
    response.setHeader('date', new Date(serverClock.now()).toUTCString())
    void judgeAndAnswer(request, response)
  })
  async function judgeAndAnswer(request: SeenRequest, response: ServerResponse): Promise<void> {
    const error = await judge(request, response).catch((thrown: unknown) => thrown as RequestError)
    if (error === undefined) {
      if (respond === undefined) answer(response, 200, request.body)
      else respond(request, response)
      return
    }
    const name = error.code === 'ERR_DPOP_NONCE' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
    const challenge = `DPoP realm="api", error="${name}", ${ALGS}`
    response.writeHead(401, { ...error.headers, 'www-authenticate': challenge }).end()
  }
  const dpop = new DpopVerifier({
    baseUrl: upstream.origin,
    clock: serverClock,
    ...(nonces !== undefined && { nonces }),
  })
  const thumbprints: string[] = []
  async function judge(request: SeenRequest, response: ServerResponse): Promise<undefined> {
    const token = request.authorization?.replace('DPoP ', '') ?? ''
    const fields = [['DPoP', String(request.headers['dpop'])] as const]
    const proof = await dpop.verify(received({ ...request, fields }), token)
    await proof.use()
    thumbprints.push(proof.thumbprint)
    for (const [name, value] of Object.entries(proof.headers)) response.setHeader(name, value)
  }
  const source = new ScriptedSource({ clock, origins: [upstream.origin] })
  const prover = new DpopProver({ clock })
  const events: BearerEvent[] = []
  const observe = (event: BearerEvent): void => void events.push(event)
  const fetch = bearerFetch(source, { clock, dpop: prover, observe })
  return { upstream, clock, serverClock, source, prover, fetch, events, thumbprints }
}

/** What was told of refused proofs. */
function proofsIn(events: readonly BearerEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== 'proof-refused') return []
    const { error, outcome, advice } = event
    return [{ error, outcome, advice }]
  })
}

describe('bearerFetch with "dpop"', () => {
  it('sends each request with the token after DPoP, and a new proof of one key', async () => {
    const { upstream, fetch, prover, thumbprints } = await setUp()
    await using _ = upstream
    for (const path of ['/orders?page=1', '/orders?page=1', '/a%20b|c/../d']) {
      expect((await fetch(upstream.origin + path)).status).toBe(200)
    }
    const response = await fetch(new Request(`${upstream.origin}/x`, { method: 'put', body: 'b' }))
    expect([response.status, await response.text()]).toEqual([200, 'b'])
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-2',
      'DPoP token-3',
      'DPoP token-4',
    ])
    expect(new Set(thumbprints)).toEqual(new Set([await prover.thumbprint()]))
  })

  it('makes a proof for every hop of a redirect, by its method and its URL', async () => {
    const { upstream, fetch } = await setUp({
      respond: ({ url }, response) =>
        url === '/first' ? redirect(response, 303, '/second') : answer(response, 200),
    })
    await using _ = upstream
    const response = await fetch(`${upstream.origin}/first`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(200)
    expect(upstream.seen.map(({ method, url }) => [method, url])).toEqual([
      ['POST', '/first'],
      ['GET', '/second'],
    ])
  })

  it('sends no proof to another origin, be it one that was asked for or one of a redirect', async () => {
    await using elsewhere = await startUpstream((_request, response) => answer(response, 200))
    const { upstream, source, prover, clock } = await setUp({
      respond: (_request, response) => redirect(response, 307, `${elsewhere.origin}/`),
    })
    await using _ = upstream
    const fetch = bearerFetch(source, { clock, dpop: prover, onForeignOrigin: 'pass' })
    const init = { headers: { dpop: 'own' } }
    expect((await fetch(`${upstream.origin}/`, init)).status).toBe(200)
    expect((await fetch(`${elsewhere.origin}/`)).status).toBe(200)
    for (const { headers } of elsewhere.seen) {
      expect(headers).not.toHaveProperty('dpop')
      expect(headers).not.toHaveProperty('authorization')
    }
    expect(elsewhere.seen).toHaveLength(2)
  })

  it('leaves a request with an Authorization of its own alone', async () => {
    const { upstream, fetch } = await setUp()
    await using _ = upstream
    await fetch(upstream.origin, { headers: { authorization: 'Basic eDp5' } })
    expect(upstream.seen[0]?.headers).not.toHaveProperty('dpop')
  })

  it('learns the nonce of a challenge, sends the same token once more, and remembers the nonce', async () => {
    const clock = new FakeClock()
    const nonces = new DpopNonces({ clock })
    const { upstream, fetch, source, events } = await setUp({ nonces })
    await using _ = upstream
    const response = await fetch(`${upstream.origin}/`, { method: 'POST', body: 'order' })
    expect([response.status, await response.text()]).toEqual([200, 'order'])
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-1',
    ])
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(upstream.seen).toHaveLength(3)
    expect(source.invalidated).toEqual([])
    expect(events.filter(({ type }) => type === 'refused')).toEqual([])
    expect(JSON.stringify(events)).not.toContain(await nonces.current())
  })

  it('learns the next nonce from a good answer, so that no request is lost to it', async () => {
    const clock = new FakeClock()
    const nonces = new DpopNonces({ clock, period: 100 })
    const { upstream, fetch } = await setUp({ nonces })
    await using _ = upstream
    await fetch(upstream.origin)
    for (let times = 0; times < 5; times++) {
      clock.advanceSeconds(100)
      expect((await fetch(upstream.origin)).status).toBe(200)
    }
    expect(upstream.seen).toHaveLength(2 + 5)
  })

  it('gives 50 requests at once their nonce, each by one more try', async () => {
    const { upstream, fetch, source } = await setUp({ nonces: new DpopNonces() })
    await using _ = upstream
    const responses = await Promise.all(Array.from({ length: 50 }, () => fetch(upstream.origin)))
    expect(responses.every(({ status }) => status === 200)).toBe(true)
    expect(upstream.seen.length).toBeLessThanOrEqual(100)
    expect(source.invalidated).toEqual([])
  })

  it('hands on a challenge whose nonce did not help, and refuses no token for it', async () => {
    const { upstream, fetch, source } = await setUp({
      respond: (_request, response) => {
        const challenge = `DPoP error="use_dpop_nonce", ${ALGS}`
        const nonce = `nonce-${upstream.seen.length}`
        response.writeHead(401, { 'www-authenticate': challenge, 'dpop-nonce': nonce }).end()
      },
    })
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(upstream.seen).toHaveLength(2)
    expect(source.mints).toBe(1)
    expect(source.invalidated).toEqual([])
  })

  it('does not try again for a challenge that brings no new nonce', async () => {
    const { upstream, fetch } = await setUp({
      respond: (_request, response) => {
        response.writeHead(401, { 'www-authenticate': 'DPoP error=use_dpop_nonce' }).end()
      },
    })
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(upstream.seen).toHaveLength(1)
  })

  it('does not send a stream twice, and has the nonce for the next request', async () => {
    const { upstream, fetch } = await setUp({ nonces: new DpopNonces() })
    await using _ = upstream
    const body = new Blob(['order']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await fetch(upstream.origin, init)).status).toBe(401)
    expect(upstream.seen).toHaveLength(1)
    const again = await fetch(upstream.origin, { method: 'POST', body: 'order' })
    expect(again.status).toBe(200)
    expect(upstream.seen).toHaveLength(2)
  })

  it('keeps the one try with another token for when the token is refused', async () => {
    const { upstream, fetch, source } = await setUp({
      nonces: new DpopNonces(),
      respond: ({ authorization }, response) => {
        const challenge = `DPoP error="invalid_token", ${ALGS}`
        if (authorization === 'DPoP token-2') answer(response, 200)
        else response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
    })
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-1',
      'DPoP token-2',
    ])
    expect(source.invalidated).toEqual(['token-1'])
  })

  it.each([7200, -7200])(
    'dates proofs by the clock of the server, though it is %i seconds off',
    async (ahead) => {
      const { upstream, fetch, source } = await setUp({ ahead })
      await using _ = upstream
      expect((await fetch(upstream.origin)).status).toBe(200)
      expect((await fetch(upstream.origin)).status).toBe(200)
      expect(upstream.seen).toHaveLength(3)
      expect(source.invalidated).toEqual([])
    },
  )

  it('hands on a refusal of the proof that no clock explains, and keeps the token', async () => {
    const { upstream, fetch, source } = await setUp({
      respond: (_request, response) => {
        response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }).end()
      },
    })
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(upstream.seen).toHaveLength(1)
    expect(source.invalidated).toEqual([])
  })

  it('tells its observer of a refused proof that could not go out again, and why', async () => {
    const { upstream, fetch, events } = await setUp({ nonces: new DpopNonces() })
    await using _ = upstream
    const body = new Blob(['x']).stream()
    await fetch(upstream.origin, { method: 'POST', body, duplex: 'half' })
    expect(proofsIn(events)).toEqual([
      { error: 'use_dpop_nonce', outcome: 'not-resent', advice: expect.stringMatching(/stream/) },
    ])
  })

  it('tells its observer of a proof that goes out again with the nonce, and never what is in it', async () => {
    const { upstream, fetch, events } = await setUp({ nonces: new DpopNonces() })
    await using _ = upstream
    await fetch(`${upstream.origin}/secret-path?secret=1`)
    expect(proofsIn(events)).toEqual([
      { error: 'use_dpop_nonce', outcome: 'resent', advice: expect.stringMatching(/usual/) },
    ])
    expect(JSON.stringify(events)).not.toMatch(/secret|eyJ|token-1/)
  })

  it('says of a refused proof that the clocks differ, where they do', async () => {
    const { upstream, fetch, events } = await setUp({ ahead: 7200 })
    await using _ = upstream
    await fetch(upstream.origin)
    expect(proofsIn(events)).toEqual([
      { error: 'invalid_dpop_proof', outcome: 'resent', advice: expect.stringMatching(/NTP/) },
    ])
  })

  it('says of a refused proof that no clock explains that the URL is to be looked at', async () => {
    const { upstream, fetch, events } = await setUp({
      respond: (_request, response) => {
        response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }).end()
      },
    })
    await using _ = upstream
    await fetch(upstream.origin)
    expect(proofsIn(events)).toEqual([
      { error: 'invalid_dpop_proof', outcome: 'not-resent', advice: expect.stringMatching(/URL/) },
    ])
  })

  it('says of a nonce that does not help that the processes may not share their secret', async () => {
    let given = 0
    const { upstream, fetch, events } = await setUp({
      respond: (_request, response) => {
        response.setHeader('dpop-nonce', `nonce-${++given}`)
        response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end()
      },
    })
    await using _ = upstream
    await fetch(upstream.origin)
    expect(proofsIn(events).map(({ outcome }) => outcome)).toEqual(['resent', 'not-resent'])
    expect(proofsIn(events)[1]?.advice).toMatch(/share one secret/)
  })

  it('refuses anything but a prover', () => {
    const source = new ScriptedSource({ clock: new FakeClock() })
    for (const dpop of [true, {}, 'key', null]) {
      expect(() => bearerFetch(source, { dpop: dpop as never })).toThrow(
        expect.objectContaining({ option: 'dpop' }),
      )
    }
  })
})
