import type { Ledger } from '@mayfly/service'

/** Runs a test on an empty ledger, and closes it however the test ends. */
export function withLedger(
  open: () => Promise<Ledger>,
  run: (ledger: Ledger) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const ledger = await open()
    try {
      await run(ledger)
    } finally {
      await ledger.close()
    }
  }
}
