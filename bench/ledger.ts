import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLedger } from '@mayfly/service'
import { describeMachine } from './lib/machine.ts'
import { table } from './lib/markdown.ts'

// How many tokens a second a ledger records, each confirmed when it is on the disk.
// node --conditions=source bench/ledger.ts [postgres://…]

const TOTAL = 20_000
const [address] = process.argv.slice(2)

async function measure(together: number): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
  const ledger = await openLedger({ database: address ?? join(folder, 'ledger.db') })
  // One after the other, each waits for the disk alone: fewer do.
  const total = together === 1 ? TOTAL / 10 : TOTAL
  const took: number[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < total) {
      next += 1
      const tokenId = randomUUID()
      const began = performance.now()
      await ledger.record({
        tokenId,
        tokenHash: createHash('sha256').update(tokenId).digest('base64url'),
        kind: 'telesign',
        audience: ['https://app.example.com'],
        xid: tokenId,
        phone: String(next % 5000),
        issuedAt: 1_700_000_000 + next,
        expiresAt: 1_700_003_600 + next,
      })
      took.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: together }, work))
  const seconds = (performance.now() - began) / 1000
  await ledger.close()
  rmSync(folder, { recursive: true })
  took.sort((a, b) => a - b)
  const at = (share: number): string => `${(took[Math.floor(total * share)] ?? 0).toFixed(2)} ms`
  return [String(together), String(Math.round(total / seconds)), at(0.5), at(0.99)]
}

const rows: (readonly string[])[] = []
for (const together of [1, 10, 50, 200]) rows.push(await measure(together))
console.log(describeMachine())
console.log(table(['at once', 'tokens a second', 'median', 'p99'], rows))
