import { OptionError } from '@mayfly/core'
import { ledgerUnavailable } from '../http/problem.ts'
import type { ServiceKeyring } from './keyring.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isConflict } from './mint.ts'

/**
 * Makes every failure of a ledger, or of the keys in it, the refusal that callers get: 503, and nothing
 * issued. A conflict and a bad cursor are answers, and stay what they are.
 */
export function guardLedger<Guarded extends Ledger | ServiceKeyring>(guarded: Guarded): Guarded {
  return new Proxy(guarded, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...values: unknown[]): Promise<unknown> => {
        try {
          return await (Reflect.apply(member, target, values) as unknown)
        } catch (error) {
          if (isConflict(error) || error instanceof OptionError) throw error
          throw ledgerUnavailable(error)
        }
      }
    },
  })
}
