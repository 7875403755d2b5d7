import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  createAccessToken,
  generateKey,
  KeyRing,
  signCompact,
  TokenIssuer,
  TokenPool,
  type TokenSource,
  TokenVerifier,
} from '@mayfly/core'
import { loadNow } from './lib/machine.ts'
import { table } from './lib/markdown.ts'
import { keepResults } from './lib/results.ts'

// `pnpm bench scale`: what many tenants, many tokens and many keys take.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '100000' },
    tokens: { type: 'string', default: '1000000' },
    issuers: { type: 'string', default: '10000' },
    keep: { type: 'boolean', default: false },
  },
})

const load = loadNow()
console.log(`Node ${process.version}, load ${load}. Memory is heap and buffers after a collection.`)
const rows = [
  await tenantsInAPool(Number(values.tenants)),
  await tokensThroughAVerifier(Number(values.tokens)),
  await issuersWithKeys(Number(values.issuers)),
]
const head = ['', 'memory each', 'processor time each', 'memory in all']
console.log(table(head, rows))
if (values.keep) keepResults('scale', { command: 'pnpm bench scale', load, head, rows })

interface Used {
  readonly bytes: number
  readonly cpuMicros: number
}

/** What some work leaves in memory, as long as its result is held. */
async function used<Held>(work: () => Promise<Held>): Promise<Used & { readonly held: Held }> {
  const before = memory()
  const started = process.cpuUsage()
  const held = await work()
  const { user, system } = process.cpuUsage(started)
  return { bytes: memory() - before, cpuMicros: user + system, held }
}

function memory(): number {
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function row(what: string, count: number, { bytes, cpuMicros }: Used): string[] {
  return [
    `${count.toLocaleString('en')} ${what}`,
    `${Math.round(bytes / count)} bytes`,
    `${(cpuMicros / count).toFixed(1)} µs`,
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
  ]
}

async function tenantsInAPool(count: number): Promise<string[]> {
  const result = await used(async () => {
    const pool = new TokenPool(sourceOf, { max: count })
    for (let tenant = 0; tenant < count; tenant++) await pool.get(`tenant-${tenant}`).getToken()
    return pool
  })
  await result.held.get('tenant-0').getToken()
  return row('tenants in a TokenPool, a token of 300 characters each', count, result)
}

async function tokensThroughAVerifier(count: number): Promise<string[]> {
  const key = await generateKey('HS256')
  const verifier = new TokenVerifier({
    issuer: null,
    audience: null,
    keys: [{ algorithm: 'HS256', key }],
  })
  const exp = Math.floor(Date.now() / 1000) + 86_400
  const encoder = new TextEncoder()
  const result = await used(async () => {
    for (let index = 0; index < count; index++) {
      const claims = JSON.stringify({ sub: 'alice', jti: String(index), exp })
      await verifier.verify(await signCompact(encoder.encode(claims), { typ: 'JWT' }, key))
    }
    return verifier
  })
  result.held.health()
  return row('different tokens through one verifier, signing included', count, result)
}

async function issuersWithKeys(count: number): Promise<string[]> {
  const result = await used(async () => {
    const issuers: TokenIssuer[] = []
    for (let index = 0; index < count; index++) {
      const keys = new KeyRing([await generateKey('ES256')])
      issuers.push(new TokenIssuer({ issuer: `https://${index}.example.com`, keys }))
    }
    return issuers
  })
  await result.held[0]?.issue({
    audience: 'https://api.example.com',
    subject: 'alice',
    expiresIn: 60,
  })
  return row('issuers, an ES256 key each', count, result)
}

function sourceOf(tenant: string): TokenSource {
  return {
    id: `tenant ${tenant}`,
    origins: ['https://api.example.com'],
    getToken: async () => {
      const issuedAt = Date.now() / 1000
      return createAccessToken({
        value: `${tenant}.${'x'.repeat(300)}`,
        issuedAt,
        expiresAt: issuedAt + 3600,
      })
    },
  }
}
