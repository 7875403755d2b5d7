import { describe, expect, it } from 'vitest'
import { connected, EXPIRED_MS, type Process, tokenOf, urlOf, World } from './world.ts'

describe('a grant that ends', () => {
  it('throws from then on, without a request, until it is saved anew', async () => {
    const { world, a, source } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(EXPIRED_MS)
    for (let round = 0; round < 3; round++) {
      const error = await world.run(source.getToken().catch((caught: unknown) => caught))
      expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED', permanent: true, cause: 'unknown' })
    }
    expect(world.server.requests).toBe(1)
    expect(a.events).toMatchObject([{ type: 'reconnect-needed', cause: 'unknown' }])
    await world.run(a.grants.save('shop', world.server.connect()))
    expect((await source.getToken()).value).toBe(world.server.families[1]?.access)
  })

  it.each([
    ['revoked', { error_description: 'Token has been expired or revoked.' }, 'expired'],
    ['revoked', { error_description: 'The grant was revoked by its user.' }, 'revoked'],
  ])('says what the server says: %s', async (_, body, cause) => {
    const { world, source } = await connected({
      fetch: async () => Response.json({ error: 'invalid_grant', ...body }, { status: 400 }),
    })
    world.pass(EXPIRED_MS)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ cause })
  })

  it('is expired where a known end has passed', async () => {
    const { world, source } = await connected({ facts: { idleLifetime: 86_400 } })
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(86_500_000)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ cause: 'expired' })
  })

  it('is not ended by a refusal that came for what was there before', async () => {
    const { world, a, source } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(EXPIRED_MS)
    world.server.during = async () => {
      world.server.during = undefined
      await a.grants.save('shop', world.server.connect())
    }
    expect((await world.run(source.getToken())).value).toBe(world.server.families[1]?.access)
    expect(a.events.filter(({ type }) => type === 'reconnect-needed')).toEqual([])
  })

  it('is told of once, though two processes hear of it', async () => {
    const { world, a } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    let answered = (): void => {}
    const held = new Promise<void>((resolve) => {
      answered = resolve
    })
    const { fetch } = world.server
    const frozen: Process = world.process(0, {
      fetch: async (...args) => {
        const answer = await fetch(...args)
        frozen.store.down = true
        await held
        frozen.store.down = false
        return answer
      },
    })
    world.pass(EXPIRED_MS)
    const late = tokenOf(frozen).catch((error: unknown) => error)
    await world.rest()
    const early = await world.run(tokenOf(a).catch((error: unknown) => error))
    answered()
    for (const error of [early, await world.run(late)]) {
      expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED' })
    }
    expect(world.events('reconnect-needed')).toHaveLength(1)
  })
})

describe('revoke', () => {
  it('revokes at the server and deletes', async () => {
    const { world, a, source } = await connected()
    await world.run(a.grants.revoke('shop'))
    expect(world.server.revoked).toHaveLength(1)
    expect(world.server.families[0]?.ended).toBe(true)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ code: 'ERR_GRANT_MISSING' })
    await world.run(a.grants.revoke('shop'))
    expect(world.server.revoked).toHaveLength(1)
  })

  it('waits for a refresh under way, in this process and in others', async () => {
    for (const ahead of [undefined, 0]) {
      const { world, a, source } = await connected()
      const other = ahead === undefined ? a : world.process(ahead)
      world.pass(EXPIRED_MS)
      let revoking: Promise<void> | undefined
      world.server.during = async () => {
        revoking ??= other.grants.revoke('shop')
        await new Promise((resolve) => setImmediate(resolve))
        expect(world.server.revoked).toEqual([])
      }
      await world.run(source.getToken().catch(() => {}))
      await world.run(revoking ?? Promise.reject(new Error('not begun')))
      expect(world.server.families[0]).toMatchObject({ ended: true, reused: false })
      expect(await world.store.read('shop')).toBeUndefined()
    }
  })

  it('that fails at the server ends the grant, keeps it, and is tried again when asked', async () => {
    let down = true
    const world = new World()
    const { fetch } = world.server
    const a = world.process(0, {
      fetch: async (input, init) =>
        down && urlOf(input).endsWith('/revoke')
          ? new Response('', { status: 500 })
          : fetch(input, init),
    })
    await world.run(a.grants.save('shop', world.server.connect()))
    await expect(world.run(a.grants.revoke('shop'))).rejects.toMatchObject({
      code: 'ERR_GRANT_REVOCATION',
    })
    await expect(world.run(tokenOf(a))).rejects.toMatchObject({
      code: 'ERR_GRANT_ENDED',
      cause: 'revoked',
    })
    down = false
    await world.run(a.grants.revoke('shop'))
    expect(world.server.families[0]?.ended).toBe(true)
    expect(await world.run(a.grants.show('shop'))).toBeUndefined()
  })
})
