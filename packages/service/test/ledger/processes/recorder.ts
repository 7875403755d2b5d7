/**
 * Records tokens as fast as it can, and prints the id of each after its promise has resolved.
 *
 * Usage: node recorder.ts DATABASE NAME COUNT [together]
 */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openLedger } from '@mayfly/service'

const [database = '', name = '', count = '0', together = '20'] = process.argv.slice(2)
const ledger = await openLedger({ database })
writeSync(1, 'ready\n')

let next = 0
async function work(): Promise<void> {
  while (next < Number(count)) {
    const tokenId = `${name}-${next}`
    next += 1
    await ledger.record({
      tokenId,
      tokenHash: createHash('sha256').update(tokenId).digest('base64url'),
      kind: 'telesign',
      audience: ['orders'],
      xid: tokenId,
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_000_300,
    })
    // Not through a stream: what is printed has left this process when a signal ends it.
    writeSync(1, `${tokenId}\n`)
  }
}

await Promise.all(Array.from({ length: Number(together) }, work))
await ledger.close()
