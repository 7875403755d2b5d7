import { generateKeyPairSync } from 'node:crypto'
import type { TokenSource } from '@mayfly/core'
import { musicKit, weatherKit } from '@mayfly/core/vendors'
import type { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { answer, startUpstream } from '../../support/upstream.ts'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

const TEAM = 'DEF123GHIJ'
const SERVICE = 'com.example.weather'

type Rule = (token: jwt.Jwt & { payload: jwt.JwtPayload }) => boolean

/** Apple's API, as far as it judges tokens: with `jsonwebtoken`, by its own clock. */
async function startApi(clock: FakeClock, rule: Rule) {
  const keys = new Map<string, string>()
  const revoked = new Set<string>()
  const seen = new Set<string>()
  let offsetMs = 0
  const accepts = (token: string): boolean => {
    const now = Math.floor((clock.now() + offsetMs) / 1000)
    const kid = jwt.decode(token, { complete: true })?.header.kid ?? ''
    const verified = jwt.verify(token, keys.get(kid) ?? '', {
      algorithms: ['ES256'],
      complete: true,
      clockTimestamp: now,
    })
    const { header, payload, signature } = verified
    if (typeof payload === 'string' || revoked.has(token)) return false
    seen.add(token)
    const { iss, iat = Infinity } = payload
    return iss === TEAM && iat <= now && rule({ header, payload, signature })
  }
  const upstream = await startUpstream(({ authorization = '' }, response) => {
    response.setHeader('date', new Date(clock.now() + offsetMs).toUTCString())
    try {
      answer(response, accepts(authorization.replace('Bearer ', '')) ? 200 : 401)
    } catch {
      answer(response, 401)
    }
  })
  return {
    origin: upstream.origin,
    createKey: () => {
      const pair = generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      })
      const keyId = `KEY${keys.size}`
      keys.clear()
      keys.set(keyId, pair.publicKey)
      return { keyId, privateKey: pair.privateKey }
    },
    revokeTokens: () => seen.forEach((token) => revoked.add(token)),
    setServerClock: (ms: number) => {
      offsetMs = ms
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  }
}

type Make = (own: object, options: object) => TokenSource

function starter(rule: Rule, make: Make): (clock: FakeClock) => Promise<VendorBench> {
  return async (clock) => {
    const api = await startApi(clock, rule)
    const key = new CurrentKey(api.createKey())
    const own = { teamId: TEAM, privateKey: key.give, origins: [api.origin], clock }
    return {
      ...api,
      source: (options = {}) => make(own, options),
      client: httpClient({ origin: api.origin, clock }, '/v1/something'),
      rotateKey: () => key.exchange(api.createKey()),
      secrets: key.secrets,
    }
  }
}

testVendorContract({
  vendor: 'musicKit',
  start: starter(
    ({ payload }) => Object.keys(payload).join() === 'iss,iat,exp',
    (own, options) => musicKit({ ...own, ...options } as Parameters<typeof musicKit>[0]),
  ),
  badOptions: [
    ['an origin that is no list', { origin: 'https://example.com' }, 'origin'],
    ['more than six months', { lifetime: 15_777_001 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'weatherKit',
  start: starter(
    ({ header, payload }) =>
      Object.keys(payload).join() === 'iss,iat,exp,sub' &&
      payload.sub === SERVICE &&
      (header as { id?: string }).id === `${TEAM}.${SERVICE}`,
    (own, options) => {
      const all = { serviceId: SERVICE, ...own, ...options }
      return weatherKit(all as Parameters<typeof weatherKit>[0])
    },
  ),
  badOptions: [['no service', { serviceId: undefined }, 'serviceId']],
})
