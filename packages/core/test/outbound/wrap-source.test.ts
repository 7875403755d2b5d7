import { bearerFetch, TokenManager, type TokenSource, wrapSource } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource } from '../support/scripted-source.ts'
import { answer, startUpstream } from '../support/upstream.ts'

/** Writes down each token that it hands on, and does nothing else. */
function logged(source: TokenSource, log: number[]): TokenSource {
  return wrapSource(source, {
    async getToken(options) {
      const token = await source.getToken(options)
      log.push(token.expiresAt)
      return token
    },
  })
}

describe('A wrapped source', () => {
  it('around a manager still turns a 401 into a 200', async () => {
    await using upstream = await startUpstream(({ authorization }, response) =>
      answer(response, authorization === 'Bearer token-1' ? 401 : 200),
    )
    const clock = new FakeClock(Date.now())
    const source = new ScriptedSource({ clock, origins: [upstream.origin] })
    const log: number[] = []
    const wrapped = logged(new TokenManager(source, { clock }), log)
    const send = bearerFetch(wrapped, { clock })
    expect((await send(upstream.origin)).status).toBe(200)
    expect((await send(upstream.origin)).status).toBe(200)
    expect(source.mints).toBe(2)
    expect(log.length).toBeGreaterThanOrEqual(3)
  })

  it('says all that the source says, and passes on all that it is told', async () => {
    const told: unknown[] = []
    const source: TokenSource = {
      id: 'example',
      origins: ['https://api.example.com'],
      lifetime: 600,
      maxLifetime: 1200,
      reuse: { maxReuse: 300, minAge: 10 },
      propagationDelay: 5,
      revokesPrevious: true,
      isRefusal: (response) => response.status === 403,
      getToken: (options) => Promise.reject(new Error(String(options?.forceRefresh))),
      invalidate: (token) => void told.push(['invalidate', token]),
      confirm: (token) => void told.push(['confirm', token]),
    }
    const wrapped = wrapSource(source, {})
    expect(wrapped).toMatchObject({
      id: 'example',
      origins: ['https://api.example.com'],
      lifetime: 600,
      maxLifetime: 1200,
      reuse: { maxReuse: 300, minAge: 10 },
      propagationDelay: 5,
      revokesPrevious: true,
    })
    await expect(wrapped.getToken({ forceRefresh: true })).rejects.toThrow('true')
    expect(wrapped.isRefusal?.({ status: 403, headers: new Headers(), body: '' })).toBe(true)
    wrapped.invalidate?.('one' as never)
    wrapped.confirm?.('two' as never)
    expect(told).toEqual([
      ['invalidate', 'one'],
      ['confirm', 'two'],
    ])
  })

  it('has nothing that the source has not, but for what is changed', () => {
    const getToken = (): Promise<never> => Promise.reject(new Error('none'))
    const source: TokenSource = { id: 'a', origins: [], getToken }
    expect(Object.keys(wrapSource(source, { id: 'b' }))).toEqual(['id', 'origins', 'getToken'])
    expect(wrapSource(source, { id: 'b' }).id).toBe('b')
  })

  it('refuses changes of what no source has', () => {
    const source: TokenSource = { id: 'a', origins: [], getToken: () => Promise.reject() }
    expect(() => wrapSource(source, { gettoken: 1 } as never)).toThrow('Did you mean "getToken"?')
  })
})
