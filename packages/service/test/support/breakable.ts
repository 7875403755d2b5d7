import { type Ledger, LedgerError } from '../../src/index.ts'

/** A ledger that fails from when it is told to. */
export interface BreakableLedger {
  readonly ledger: Ledger
  /** What fails: everything, or the methods of these names. */
  broken: boolean | readonly string[]
}

/** Wraps a ledger so that a test can make it fail, with the password of its database in the cause. */
export function breakable(ledger: Ledger): BreakableLedger {
  const switched: { broken: BreakableLedger['broken'] } = { broken: false }
  const wrapped = new Proxy(ledger, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...values: unknown[]): Promise<unknown> => {
        const { broken } = switched
        const fails = typeof broken === 'boolean' ? broken : broken.includes(String(name))
        if (fails && name !== 'close') {
          const cause = new Error('connect postgres://user:s3cret@db failed')
          throw new LedgerError('ERR_LEDGER_UNAVAILABLE', 'The database is gone.', { cause })
        }
        return Reflect.apply(member, target, values) as unknown
      }
    },
  })
  return Object.assign(switched, { ledger: wrapped })
}
