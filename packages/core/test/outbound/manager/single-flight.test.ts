import { TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

function setUp(options: ConstructorParameters<typeof TokenManager>[1] = {}) {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock })
  const manager = new TokenManager(source, { clock, random: () => 0, ...options })
  return { clock, source, manager }
}

describe('one refresh at a time', () => {
  it('mints one token for 50 cold calls', async () => {
    const { source, manager } = setUp()
    const tokens = await Promise.all(Array.from({ length: 50 }, () => manager.getToken()))
    expect(source.mints).toBe(1)
    expect(new Set(tokens).size).toBe(1)
  })

  it('ends one caller’s wait with that caller’s signal, and nobody else’s', async () => {
    const { source, manager } = setUp()
    const release = source.hold()
    const first = new AbortController()
    const given = manager.getToken({ signal: first.signal })
    const waiting = manager.getToken()
    first.abort(new Error('the first caller left'))
    await expect(given).rejects.toThrow('the first caller left')
    release()
    expect((await waiting).value).toBe('token-1')
    expect(source.calls[0]?.signal?.aborted).toBe(false)
  })

  it('aborts the mint when every caller has gone', async () => {
    const { source, manager } = setUp()
    const release = source.hold()
    const callers = [new AbortController(), new AbortController()]
    const calls = callers.map(({ signal }) => manager.getToken({ signal }))
    for (const caller of callers) caller.abort()
    await Promise.allSettled(calls)
    expect(source.calls[0]?.signal?.aborted).toBe(true)
    expect(manager.stats()).toMatchObject({ failures: 0, refreshing: false })
    release()
    expect((await manager.getToken()).value).toBe('token-2')
  })

  it('lets a background refresh go on when the one caller who joined it leaves', async () => {
    const { clock, source, manager } = setUp({ timeoutMs: 600_000 })
    await manager.getToken()
    clock.advance(900_000)
    const release = source.hold()
    await manager.getToken()
    const caller = new AbortController()
    clock.advance(270_000)
    const joined = manager.getToken({ signal: caller.signal })
    caller.abort()
    await expect(joined).rejects.toMatchObject({ name: 'AbortError' })
    release()
    await settle()
    expect((await manager.getToken()).value).toBe('token-2')
    expect(source.mints).toBe(2)
  })

  it('rejects a caller whose signal had already aborted, and mints nothing', async () => {
    const { source, manager } = setUp()
    await expect(manager.getToken({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(source.mints).toBe(0)
  })

  it('gives up on a source that never answers after timeoutMs', async () => {
    const { clock, source, manager } = setUp({ timeoutMs: 2500 })
    source.hold()
    const call = manager.getToken()
    clock.advance(2499)
    await settle()
    expect(manager.stats().refreshing).toBe(true)
    clock.advance(1)
    await expect(call).rejects.toMatchObject({ name: 'SourceError', code: 'ERR_MINT_TIMEOUT' })
    expect(source.calls[0]?.signal?.aborted).toBe(true)
  })

  it('lets 50 forced callers share one mint', async () => {
    const { source, manager } = setUp()
    await manager.getToken()
    await Promise.all(Array.from({ length: 50 }, () => manager.getToken({ forceRefresh: true })))
    expect(source.mints).toBe(2)
    expect(source.calls[1]?.forceRefresh).toBe(true)
  })

  it('does not let a forced caller join a refresh that began before its token was given out', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    const release = source.hold()
    await manager.getToken()
    await manager.getToken()
    const forced = manager.getToken({ forceRefresh: true })
    await settle()
    expect(source.mints).toBe(3)
    release()
    expect((await forced).value).toBe('token-3')
  })

  it('keeps a superseded refresh from overwriting the newer token', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    const releaseOld = source.hold()
    await manager.getToken()
    await manager.getToken()
    const releaseNew = source.hold()
    const forced = manager.getToken({ forceRefresh: true })
    await settle()
    releaseNew()
    expect((await forced).value).toBe('token-3')
    releaseOld()
    await settle()
    expect((await manager.getToken()).value).toBe('token-3')
  })

  it('shares the token but no promise where promises must not be shared', async () => {
    const { source, manager } = setUp({ shareInFlight: false })
    const release = source.hold()
    const calls = [manager.getToken(), manager.getToken()]
    await settle()
    expect(source.mints).toBe(2)
    release()
    await Promise.all(calls)
    const warm = [manager.getToken(), manager.getToken()] as const
    expect(warm[0]).not.toBe(warm[1])
    expect(await warm[0]).toBe(await warm[1])
    expect(source.mints).toBe(2)
  })

  it('gives a fresh token out by one promise for everybody', async () => {
    const { manager } = setUp()
    const token = await manager.getToken()
    const warm = [manager.getToken(), manager.getToken()] as const
    expect(warm[0]).toBe(warm[1])
    expect(await warm[0]).toBe(token)
    expect(manager.stats().served).toBe(3)
  })
})

describe('closing', () => {
  it('ends the wait of everyone with ERR_CLOSED, and gives nothing out afterwards', async () => {
    const { source, manager } = setUp()
    const release = source.hold()
    const call = manager.getToken()
    manager.close()
    await expect(call).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    release()
    await settle()
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(manager.stats()).toMatchObject({ state: 'closed', expiresAt: undefined })
  })

  it('keeps no token that a superseded refresh brings later', async () => {
    const { clock, source, manager } = setUp({ timeoutMs: 600_000 })
    await manager.getToken()
    clock.advance(900_000)
    const release = source.hold()
    await manager.getToken()
    await manager.getToken()
    const forced = manager.getToken({ forceRefresh: true })
    await settle()
    manager.close()
    await expect(forced).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    release()
    await settle()
    expect(manager.stats().expiresAt).toBeUndefined()
  })

  it('works with await using', async () => {
    const { manager } = setUp()
    {
      await using scoped = manager
      await scoped.getToken()
    }
    expect(manager.stats().state).toBe('closed')
  })
})
