import { type Ledger, openLedger } from '@mayfly/service'
import { TokenVerifier } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { kidOf, signToken, startNode, verifyWith } from './node.ts'

let clock: FakeClock
let ledger: Ledger

beforeEach(async () => {
  clock = new FakeClock()
  ledger = await openLedger({ database: ':memory:', clock })
  onTestFinished(() => ledger.close())
})

it('makes one first key for nodes that start at once', async () => {
  const nodes = await Promise.all([1, 2, 3, 4].map(() => startNode(ledger, clock)))
  const tokens = await Promise.all(nodes.map((keys) => signToken(keys, clock)))
  expect(new Set(tokens.map(kidOf)).size).toBe(1)
  expect(await ledger.keys()).toHaveLength(1)
})

it('makes one new key for nodes that rotate at once, by command, in need or by schedule', async () => {
  const nodes = await Promise.all([1, 2, 3].map(() => startNode(ledger, clock)))
  const next = await Promise.all(nodes.map((keys) => keys.rotate()))
  expect(new Set(next.map(({ keyId }) => keyId)).size).toBe(1)
  clock.advanceSeconds(1000)
  const urgent = await Promise.all(nodes.map((keys) => keys.rotate({ now: true })))
  expect(new Set(urgent.map(({ keyId }) => keyId)).size).toBe(1)
  expect(await ledger.keys()).toHaveLength(3)
  clock.advanceSeconds(30 * 86_400)
  await Promise.all(nodes.map((keys) => signToken(keys, clock)))
  expect(await ledger.keys()).toHaveLength(4)
})

it('accepts at once what another node signed with a key of a moment ago', async () => {
  const [a, b] = [await startNode(ledger, clock), await startNode(ledger, clock)] as const
  const verifier = new TokenVerifier({ keys: b, issuer: null, audience: null, clock })
  await verifier.verify(await signToken(a, clock))
  await a.rotate({ now: true })
  const token = await signToken(a, clock)
  await expect(verifier.verify(token)).resolves.toMatchObject({
    protectedHeader: { kid: kidOf(token) },
  })
})

it('publishes at once what another node signs with from a moment ago', async () => {
  const [a, b] = [await startNode(ledger, clock), await startNode(ledger, clock)] as const
  await b.jwks()
  await a.rotate({ now: true })
  await verifyWith(await b.jwks(), await signToken(a, clock), clock)
})

it('publishes the keys that it knows when the ledger takes longer than a second', async () => {
  let isStuck = false
  const stuck = new Proxy(ledger, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name === 'keys' && isStuck) return () => new Promise(() => {})
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const keys = await startNode(stuck, clock)
  const known = await keys.jwks()
  isStuck = true
  const published = keys.jwks()
  clock.advance(1000)
  expect(await published).toStrictEqual(known)
  expect(known.keys).toHaveLength(1)
})

it('looks for unknown keys a few times a second, and no more', async () => {
  let reads = 0
  const counting = new Proxy(ledger, {
    get: (target, name) => {
      if (name === 'keys') reads += 1
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const keys = await startNode(counting, clock)
  reads = 0
  for (let index = 0; index < 100; index += 1) await keys.find('ES256', `unknown ${index}`)
  expect(reads).toBe(10)
  clock.advanceSeconds(1)
  await keys.find('ES256', 'unknown')
  expect(reads).toBe(11)
})

it('follows another node’s rotation and removal within half a minute', async () => {
  const [a, b] = [await startNode(ledger, clock), await startNode(ledger, clock)] as const
  const verifier = new TokenVerifier({ keys: b, issuer: null, audience: null, clock })
  const token = await signToken(a, clock)
  await verifier.verify(token)
  const urgent = await a.rotate({ now: true })
  await a.remove(kidOf(token))
  clock.advanceSeconds(31)
  expect(kidOf(await signToken(b, clock))).toBe(urgent.keyId)
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_KEY' })
})

it('signs with another key when its own was removed meanwhile', async () => {
  const [a, b] = [await startNode(ledger, clock), await startNode(ledger, clock)] as const
  const [first] = await b.list()
  const urgent = await a.rotate({ now: true })
  await a.remove(first?.keyId ?? '')
  expect(kidOf(await signToken(b, clock))).toBe(urgent.keyId)
})

it('publishes what a node signs with, though their clocks differ by half a minute', async () => {
  const behind = new FakeClock(clock.now() - 29_000)
  const a = await startNode(ledger, clock, { rotateEvery: 3600 })
  const b = await startNode(ledger, behind, { rotateEvery: 3600 })
  expect(await ledger.keys()).toHaveLength(1)
  for (let minute = 0; minute < 180; minute += 1) {
    const published = await b.jwks()
    await verifyWith(published, await signToken(a, clock), clock)
    await verifyWith(published, await signToken(b, behind), behind)
    clock.advanceSeconds(60)
    behind.advanceSeconds(60)
  }
})
