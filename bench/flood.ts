import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measure, start, told } from './flood/measure.ts'
import { type FloodResults, type Pair, renderFlood } from './flood/page.ts'
import { type Kind, KINDS, makeMaterial, publishKeys } from './flood/tokens.ts'
import { describeMachine, installedVersions, loadNow } from './lib/machine.ts'

// What good traffic keeps while somebody floods the same server with forged tokens.
const CONTENDERS = ['mayfly', 'express-jwt', 'express-oauth2-jwt-bearer'] as const

const KIND_NAMES = Object.keys(KINDS) as Kind[]

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1500' },
    // So many requests instead of seconds: it shows that all works, and measures nothing.
    requests: { type: 'string' },
    write: { type: 'boolean', default: false },
    // Writes the page anew from the results that are kept.
    page: { type: 'boolean', default: false },
  },
})
const files = {
  results: join(import.meta.dirname, 'results', 'flood.json'),
  page: join(import.meta.dirname, 'FLOOD.md'),
}

if (values.page) {
  writeFileSync(
    files.page,
    renderFlood(JSON.parse(readFileSync(files.results, 'utf8')) as FloodResults),
  )
} else {
  const results = await run()
  console.log(renderFlood(results))
  if (values.write) {
    writeFileSync(files.results, `${JSON.stringify(results, undefined, 2)}\n`)
    writeFileSync(files.page, renderFlood(results))
  }
}

async function run(): Promise<FloodResults> {
  const [seconds, rounds, perSecond] = [values.seconds, values.rounds, values.rate].map(Number) as [
    number,
    number,
    number,
  ]
  const span = {
    seconds,
    ...(values.requests !== undefined && { amount: Number(values.requests) }),
  }
  const load = { before: loadNow(), after: 0 }
  const material = makeMaterial()
  const keys = publishKeys(material).listen(0, '127.0.0.1')
  await once(keys, 'listening')
  const jwksUri = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks.json`
  await using attacker = start('attacker.ts')
  const rows = Object.fromEntries(
    CONTENDERS.map((name) => [
      name,
      Object.fromEntries(KIND_NAMES.map((kind) => [kind, [] as Pair[]])),
    ]),
  )
  const servers = CONTENDERS.map((contender) => start('server.ts', contender, jwksUri))
  try {
    const urls = await Promise.all(
      servers.map(
        async (server) => `http://127.0.0.1:${(await told<{ port: number }>(server)).port}/me`,
      ),
    )
    const { good, forged } = material
    for (const url of urls) await measure(url, good, { ...span })
    // In turn, and calm before each flood, so that what else the machine does meets all of them.
    for (let round = 0; round < rounds; round++) {
      for (const kind of KIND_NAMES) {
        for (const [index, name] of CONTENDERS.entries()) {
          const url = urls[index] ?? ''
          const order = { url, tokens: forged[kind], perSecond, ...span }
          const calm = await measure(url, good, span)
          const flooded = await measure(url, good, { ...span, attacker, order })
          rows[name]?.[kind]?.push({ calm, flooded })
        }
      }
    }
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]()
    keys.close()
    keys.closeAllConnections()
  }
  load.after = loadNow()
  const measuredAt = new Date().toISOString()
  const versions = installedVersions()
  return {
    measuredAt,
    machine: describeMachine(),
    load,
    versions,
    seconds,
    rounds,
    perSecond,
    rows,
  }
}
