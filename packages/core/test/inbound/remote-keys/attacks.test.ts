import { inspect } from 'node:util'
import { authenticate, TokenVerifier } from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { b64, forgeHmac } from '../../support/forge.ts'
import { AUDIENCE, failure, GOOD_CLAIMS } from '../../support/inbound.ts'
import { lasting, remoteBench, requested } from '../../support/remote.ts'
import { bearing } from '../../support/requests.ts'

const unknownKey = { code: 'ERR_TOKEN_KEY', status: 401, reason: 'key_unknown' }

describe('Bogus key ids', () => {
  it('cost one fetch when 50 come at once, and a good key none of its time', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    await verifier.warmUp()
    const good = lasting(server)
    let release = (): void => {}
    server.beforeAnswer = () => new Promise<void>((resolve) => (release = resolve))
    const asked = requested(server)
    const bogus = Array.from({ length: 50 }, (_, n) => lasting(server, { keyId: `bogus-${n}` }))
    const refused = bogus.map((token) => failure(() => verifier.verify(token)))
    await asked
    await verifier.verify(good) // while the answer to the others is held back
    await verifier.verify(lasting(server))
    release()
    for (const error of await Promise.all(refused)) expect(error).toMatchObject(unknownKey)
    expect(server.keyRequests).toBe(2)
  })

  it('cost the first fetch and no other when 50 come before any good token', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const bogus = Array.from({ length: 50 }, (_, n) => lasting(server, { keyId: `bogus-${n}` }))
    await Promise.all(bogus.map((token) => failure(() => verifier.verify(token))))
    expect(server.keyRequests).toBe(1)
  })

  it('cost one fetch in 30 s and two more, however many come one after the other', async () => {
    await using bench = await remoteBench()
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    for (let second = 0; second < 90; second++) {
      const error = await failure(() => verifier.verify(lasting(server, { keyId: `no-${second}` })))
      expect(error).toMatchObject(unknownKey)
      clock.advanceSeconds(1)
    }
    expect(server.keyRequests).toBe(1 + 3 + 2)
  })

  it('do not keep a new key out for longer than the budget', async () => {
    await using bench = await remoteBench()
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    for (const keyId of ['bogus', 'bogus too', 'bogus as well']) {
      await failure(() => verifier.verify(lasting(server, { keyId })))
    }
    server.rotate()
    const token = lasting(server)
    for (let second = 0; second < 30; second++) {
      // Whoever keeps asking must not push the moment back.
      await failure(() => verifier.verify(lasting(server, { keyId: `bogus-${second}` })))
      clock.advanceSeconds(1)
    }
    await verifier.verify(token)
    expect(server.keyRequests).toBe(5)
  })

  it('lock a rotated key out for no time at all when they are one or two', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    await verifier.warmUp()
    for (const keyId of ['bogus', 'bogus too']) {
      await failure(() => verifier.verify(lasting(server, { keyId })))
    }
    server.rotate()
    await verifier.verify(lasting(server))
  })

  it('do not keep a new key out that a refresh is bringing', async () => {
    await using bench = await remoteBench({ keys: { cooldownMs: 3_600_000 } })
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    await failure(() => verifier.verify(lasting(server, { keyId: 'bogus' })))
    server.rotate()
    let release = (): void => {}
    server.beforeAnswer = () => new Promise<void>((resolve) => (release = resolve))
    clock.advance(480_000)
    const asked = requested(server)
    verifier.health()
    await asked
    const verified = verifier.verify(lasting(server))
    release()
    await verified
  })

  it('are not remembered: a key may come under an id that was refused before', async () => {
    await using bench = await remoteBench()
    const { clock, server, verifier } = bench
    const next = server.rotate()
    const token = lasting(server)
    server.answerKeysWith({ status: 200, body: { keys: server.jwks.keys.slice(1) } })
    expect(await failure(() => verifier.verify(token))).toMatchObject(unknownKey)
    expect(await failure(() => verifier.verify(token))).toMatchObject(unknownKey)
    server.answerKeysWith(undefined)
    clock.advanceSeconds(30)
    expect((await verifier.verify(token)).protectedHeader.kid).toBe(next)
  })

  it.each(['__proto__', 'constructor', 'hasOwnProperty', '', ' ', '../keys', "' OR 1=1 --", '\0'])(
    'that mean something elsewhere mean nothing here: %j',
    async (keyId) => {
      await using bench = await remoteBench()
      const { server, verifier } = bench
      await verifier.verify(lasting(server))
      const token = lasting(server, { keyId })
      expect(await failure(() => verifier.verify(token))).toMatchObject(unknownKey)
    },
  )
})

describe('What a token brings along', () => {
  it('is never asked for keys: jku, x5u, jwk, and the issuer that it names', async () => {
    await using bench = await remoteBench()
    await using attacker = await startJwksServer({ clock: bench.clock, audience: AUDIENCE })
    const { server, verifier } = bench
    const { jwksUri: jku, issuer: iss } = attacker
    const [jwk] = attacker.jwks.keys
    const tokens = [
      attacker.mint({ header: { jku, x5u: jku, jwk }, claims: { iss: server.issuer } }),
      attacker.mint({ header: { jku, x5u: jku, jwk, kid: server.keyIds[0] }, claims: { iss } }),
      attacker.mint(),
    ]
    for (const token of tokens) expect(await failure(() => verifier.verify(token))).toBeDefined()
    expect(attacker.requests).toBe(0)
  })

  it('is no HMAC with a public key, nor with a secret that the set holds', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const secret = Buffer.alloc(32, 7)
    const oct = { kty: 'oct', kid: 'shared', alg: 'HS256', k: b64(secret) }
    server.answerKeysWith({ status: 200, body: { keys: [...server.jwks.keys, oct] } })
    const claims = { ...GOOD_CLAIMS, iss: server.issuer }
    const forged = forgeHmac({ alg: 'HS256', kid: 'shared' }, claims, secret)
    const algorithm = { code: 'ERR_TOKEN_ALGORITHM' }
    expect(await failure(() => verifier.verify(forged))).toMatchObject(algorithm)
    const confused = server.mint({ fault: 'public-key-as-secret' })
    expect(await failure(() => verifier.verify(confused))).toMatchObject(algorithm)
    await verifier.verify(lasting(server))
    expect(verifier.health().keys[0]).toMatchObject({ keys: 1 })
  })

  it('is no private key that somebody published by mistake', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const keys = server.jwks.keys.map((jwk) => ({ ...jwk, d: 'A'.repeat(43) }))
    server.answerKeysWith({ status: 200, body: { keys } })
    const error = await failure(() => verifier.warmUp())
    expect(error).toMatchObject({ code: 'ERR_KEYS_NONE', cause: { code: 'ERR_KEY_PRIVATE' } })
    const outage = { code: 'ERR_KEYS_UNAVAILABLE', status: 503 }
    expect(await failure(() => verifier.verify(lasting(server)))).toMatchObject(outage)
  })
})

describe('A failure shows', () => {
  it('nothing of the token, and nothing of the query of the jwksUri', async () => {
    const clock = new FakeClock()
    await using server = await startJwksServer({ clock, audience: AUDIENCE })
    const jwksUri = `${server.jwksUri}?key=s3cret`
    const seen: unknown[] = []
    const verifier = new TokenVerifier({
      issuer: server.issuer,
      audience: AUDIENCE,
      keys: { jwksUri },
      clock,
      observe: (event) => seen.push(event),
    })
    server.answerKeysWith('html')
    const token = server.mint()
    const errors = [
      await failure(() => verifier.verify(token)),
      await failure(() => verifier.warmUp()),
      await authenticate(verifier, bearing(token)),
      verifier.health(),
      verifier,
      seen,
    ]
    const shown = inspect(errors, { depth: null, showHidden: true })
    expect(shown).toContain(server.jwksUri)
    expect(shown).not.toContain('s3cret')
    for (const part of token.split('.')) expect(shown).not.toContain(part)
  })
})
