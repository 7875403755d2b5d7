import { inspect } from 'node:util'
import { MemoryGenerations, MemoryRevocations, TokenIssuer, TokenVerifier } from '@mayfly/core'
import {
  generateSealingKey,
  MemoryGrantStore,
  type SessionEvent,
  SessionTokens,
  type SessionTokensOptions,
} from '@mayfly/core/grants'
import { FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const ISSUER = 'https://auth.example.com'

function world(options: Partial<SessionTokensOptions> = {}) {
  const clock = new FakeClock()
  const store = new MemoryGrantStore({ clock })
  const generations = new MemoryGenerations({ clock })
  const revocations = new MemoryRevocations({ clock })
  const issuer = new TokenIssuer({ issuer: ISSUER, clock, generations })
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: 'orders',
    keys: issuer.keys,
    clock,
    generations,
    revocations,
  })
  const events: SessionEvent[] = []
  const observe = (event: SessionEvent): void => void events.push(event)
  const process = (): SessionTokens =>
    new SessionTokens({
      issuer,
      store,
      sealing: null,
      clock,
      observe,
      revocations,
      generations,
      ...options,
    })
  const start = { subject: 'alice', audience: 'orders', claims: { role: 'reader' } }
  const claimsOf = async (access: { value: string }) => (await verifier.verify(access.value)).claims
  return { clock, store, events, process, start, sessions: process(), claimsOf }
}

describe('a session', () => {
  it('starts with a pair, and each refresh gives the next', async () => {
    const { sessions, start, claimsOf, events } = world()
    let { access, refresh } = await sessions.start(start)
    for (let round = 0; round < 3; round++) {
      expect(access.expiresAt - access.issuedAt).toBe(300)
      expect(refresh.expiresAt - refresh.issuedAt).toBe(14 * 86_400)
      expect(await claimsOf(access)).toMatchObject({ sub: 'alice', role: 'reader' })
      const next = await sessions.refresh(refresh)
      expect(next.refresh.value).not.toBe(refresh.value)
      ;({ access, refresh } = next)
    }
    expect(events.map(({ type }) => type)).toEqual([
      'session-started',
      ...Array.from({ length: 3 }, () => 'session-refreshed'),
    ])
  })

  it('gives the very same answer for 200 uses at once, in eight processes: one rotation', async () => {
    const { sessions, start, process, events } = world()
    const { refresh } = await sessions.start(start)
    const all = Array.from({ length: 8 }, process)
    const uses = Array.from({ length: 200 }, async (_, use) => all[use % 8]?.refresh(refresh.value))
    const values = (await Promise.all(uses)).map((pair) =>
      JSON.stringify([pair?.refresh.value, pair?.access.value]),
    )
    expect(new Set(values).size).toBe(1)
    expect(events.filter(({ type }) => type === 'session-refreshed')).toHaveLength(1)
  })

  it('ends where a used token comes again after the leeway', async () => {
    const { sessions, start, clock, events, claimsOf } = world()
    const first = await sessions.start(start)
    const second = await sessions.refresh(first.refresh)
    clock.advance(9999)
    expect((await sessions.refresh(first.refresh)).refresh.value).toBe(second.refresh.value)
    clock.advance(1)
    const reuse = sessions.refresh(first.refresh, { from: '203.0.113.7' })
    await expect(reuse).rejects.toMatchObject({ status: 400, reason: 'token_replayed' })
    const after = sessions.refresh(second.refresh)
    await expect(after).rejects.toMatchObject({ status: 400, reason: 'token_revoked' })
    expect(events.at(-1)).toMatchObject({
      type: 'session-ended',
      cause: 'reused',
      subject: 'alice',
      from: '203.0.113.7',
    })
    for (const { access } of [first, second]) {
      await expect(claimsOf(access)).rejects.toMatchObject({ reason: 'token_revoked' })
    }
  })

  it('ends where a used token comes again once its successor was used, within the leeway too', async () => {
    const { sessions, start } = world()
    const first = await sessions.start(start)
    const second = await sessions.refresh(first.refresh)
    const third = await sessions.refresh(second.refresh)
    await expect(sessions.refresh(first.refresh)).rejects.toMatchObject({
      reason: 'token_replayed',
    })
    await expect(sessions.refresh(third.refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
  })

  it('has thief and owner out, whichever of them comes first', async () => {
    const { sessions, start, clock, events } = world()
    const { refresh: stolen } = await sessions.start(start)
    const first = await sessions.refresh(stolen)
    clock.advance(60_000)
    await expect(sessions.refresh(stolen)).rejects.toMatchObject({ reason: 'token_replayed' })
    await expect(sessions.refresh(first.refresh)).rejects.toMatchObject({ status: 400 })
    expect(events.filter(({ type }) => type === 'session-ended')).toHaveLength(1)
  })

  it('is ended by no token that is forged or malformed', async () => {
    const { sessions, start } = world()
    const { refresh } = await sessions.start(start)
    const [family, , secret] = refresh.value.split('.')
    const forged = [
      '',
      'x',
      refresh.value.slice(1),
      `${family}.1.${secret}`,
      `${family}.0.${'A'.repeat(43)}`,
      `${'A'.repeat(22)}.0.${secret}`,
      `${refresh.value}.x`,
      undefined as unknown as string,
    ]
    for (const token of forged) {
      await expect(sessions.refresh(token)).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining('invalid_grant') as string,
      })
      await sessions.end({ token })
    }
    await sessions.refresh(refresh)
  })

  it('expires two weeks after its last use, and 90 days after its start', async () => {
    const day = 86_400_000
    const { sessions, start, clock } = world()
    const idle = await sessions.start(start)
    clock.advance(14 * day)
    await expect(sessions.refresh(idle.refresh)).rejects.toMatchObject({ reason: 'token_expired' })
    let { refresh } = await sessions.start(start)
    for (let used = 0; used < 8; used++) {
      clock.advance(11 * day)
      ;({ refresh } = await sessions.refresh(refresh))
    }
    expect(refresh.expiresAt - refresh.issuedAt).toBe((2 * day) / 1000)
    clock.advance(2 * day)
    await expect(sessions.refresh(refresh)).rejects.toMatchObject({ reason: 'token_expired' })
    expect(await sessions.purge()).toBe(2)
  })

  it('ends by token, by family and by subject, and other sessions live on', async () => {
    const { sessions, start, claimsOf } = world({ generations: undefined } as never)
    const [one, two, three, bob] = await Promise.all(
      ['alice', 'alice', 'alice', 'bob'].map((subject) => sessions.start({ ...start, subject })),
    )
    if (!one || !two || !three || !bob) throw new Error('none')
    await sessions.end({ token: one.refresh.value })
    await expect(claimsOf(one.access)).rejects.toMatchObject({ reason: 'token_revoked' })
    await claimsOf(two.access)
    await sessions.end({ family: two.refresh.tokenId })
    await expect(sessions.refresh(two.refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
    const { refresh } = await sessions.refresh(three.refresh)
    await sessions.end({ subject: 'alice' })
    await expect(sessions.refresh(refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
    await sessions.refresh(bob.refresh)
    const again = await sessions.start(start)
    await sessions.refresh(again.refresh)
  })

  it('takes a new name and new claims at its next refresh, and the old access token is refused', async () => {
    const { sessions, start, claimsOf } = world()
    const mine = await sessions.start(start)
    await sessions.replace('alice', { subject: 'alice@new', claims: { role: 'writer' } })
    await expect(claimsOf(mine.access)).rejects.toMatchObject({ reason: 'token_superseded' })
    const next = await sessions.refresh(mine.refresh)
    expect(await claimsOf(next.access)).toMatchObject({ sub: 'alice@new', role: 'writer' })
    await sessions.end({ subject: 'alice@new' })
    await expect(sessions.refresh(next.refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
  })

  it('is found by the new name although it was not refreshed since', async () => {
    const { sessions, start } = world()
    const mine = await sessions.start(start)
    await sessions.replace('alice', { subject: 'alice@new' })
    await sessions.end({ subject: 'alice@new' })
    await expect(sessions.refresh(mine.refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
  })

  it('is not touched by what happens to the next user of its old name', async () => {
    const { sessions, start, claimsOf } = world()
    const mine = await sessions.start(start)
    await sessions.replace('alice', { subject: 'alice@new' })
    const theirs = await sessions.start(start)
    await sessions.replace('alice', { claims: { role: 'admin' } })
    await sessions.end({ subject: 'alice' })
    const next = await sessions.refresh(mine.refresh)
    expect(await claimsOf(next.access)).toMatchObject({ sub: 'alice@new', role: 'reader' })
    await expect(sessions.refresh(theirs.refresh)).rejects.toMatchObject({ status: 400 })
  })

  it('takes the changes of its subject in their order, whatever they are', async () => {
    const change = fc.oneof(
      fc.record({ claims: fc.record({ role: fc.constantFrom('a', 'b', 'c') }) }),
      fc.record({ subject: fc.constantFrom('alice', 'alice@1', 'alice@2') }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(8), async (changes, at) => {
        const { sessions, start, claimsOf } = world()
        let { refresh } = await sessions.start(start)
        const model = { sub: 'alice', role: 'reader' }
        for (const [index, one] of changes.entries()) {
          await sessions.replace(model.sub, one)
          if ('claims' in one) model.role = one.claims.role
          else model.sub = one.subject
          if (index === at) ({ refresh } = await sessions.refresh(refresh))
        }
        const { access } = await sessions.refresh(refresh)
        expect(await claimsOf(access)).toMatchObject(model)
      }),
      { numRuns: 50 },
    )
  })

  it('that ends while it is refreshed gives no tokens', async () => {
    const { sessions, start, store } = world()
    const { refresh } = await sessions.start(start)
    const write = store.write.bind(store)
    store.write = async (id, record, version) => {
      store.write = write
      const written = await write(id, record, version)
      await sessions.end({ subject: 'alice' })
      return written
    }
    await expect(sessions.refresh(refresh)).rejects.toMatchObject({ reason: 'token_revoked' })
  })

  it('says 503 while its store is away', async () => {
    const { sessions, start, store } = world()
    const { refresh } = await sessions.start(start)
    store.read = () => Promise.reject(new Error('down'))
    await expect(sessions.refresh(refresh)).rejects.toMatchObject({
      status: 503,
      reason: 'store_unavailable',
    })
  })

  it('shows no token in its store, its events and inspect', async () => {
    const { sessions, start, store, events } = world({ sealing: [generateSealingKey()] })
    const pair = await sessions.start(start)
    const next = await sessions.refresh(pair.refresh)
    const records = await Promise.all((await store.list()).ids.map((id) => store.read(id)))
    const seen = inspect([records, events, sessions, pair, next], { depth: 20, showHidden: true })
    for (const { value } of [pair.access, pair.refresh, next.access, next.refresh]) {
      expect(seen).not.toContain(value)
      expect(seen).not.toContain(value.split('.')[2])
    }
  })

  it('names the option that is wrong', () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const good = { issuer, store: new MemoryGrantStore(), sealing: null }
    const wrong: [object, string][] = [
      [{ issuer: {} }, 'issuer'],
      [{ store: {} }, 'store'],
      [{ sealing: undefined }, 'sealing'],
      [{ accessLifetime: 0.5 }, 'accessLifetime'],
      [{ idleLifetime: 10 }, 'idleLifetime'],
      [{ reuseLeeway: 301 }, 'reuseLeeway'],
      [{ revocations: {} }, 'revocations'],
      [{ accesslifetime: 1 }, 'accesslifetime'],
    ]
    for (const [change, option] of wrong) {
      expect(() => new SessionTokens({ ...good, ...change })).toThrow(
        expect.objectContaining({ option }),
      )
    }
  })
})
