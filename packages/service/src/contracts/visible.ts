import type { Client } from '../http/authenticate.ts'
import type { Call } from '../http/operation.ts'
import type { FoundToken } from '../ledger/ledger.ts'

/** Gives who asks. Operations with `access` always have one. */
export function requireClient({ client }: Call): Client {
  if (client === undefined) throw new Error('This operation has no access: give it one.')
  return client
}

/** Tells whether a client may know of a token: of its own, and with the scope `admin` of all. */
export function isVisible(record: FoundToken, client: Client): boolean {
  return client.isAdmin || record.clientId === client.id
}
