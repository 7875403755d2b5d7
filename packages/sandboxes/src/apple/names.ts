import { randomBytes } from 'node:crypto'

/** An id of ten letters and digits, as Apple gives them to teams and keys. */
export function appleId(): string {
  return randomBytes(5).toString('hex').toUpperCase()
}
