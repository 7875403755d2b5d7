import type { TokenSource } from '../../outbound/token.ts'
import {
  type GoogleCredentialsOption,
  readCredentials,
  type ServiceAccount,
  TOKEN_URI,
} from './credentials.ts'

/** Stands for an account that is not known before the first token. */
const UNKNOWN: ServiceAccount = {
  email: 'unknown',
  privateKey: () => Promise.reject(new Error('No account was read.')),
  keyId: undefined,
  tokenUri: new URL(TOKEN_URI),
}

/**
 * Makes a source that asks for the account's key at every token. The source for one key is made once;
 * another key, or another account, has another.
 *
 * @param make makes the source of one account.
 */
export function followAccount(
  give: Extract<GoogleCredentialsOption, () => unknown>,
  make: (account: ServiceAccount) => TokenSource,
): TokenSource {
  let given: unknown
  let current: { readonly account: ServiceAccount; readonly source: TokenSource } | undefined
  const sourceNow = async (): Promise<TokenSource> => {
    const next = await give()
    if (current !== undefined && next === given) return current.source
    const account = readCredentials(next)
    if (current === undefined || !isSame(account, current.account)) {
      current = { account, source: make(account) }
    }
    given = next
    return current.source
  }
  // Made for nobody, so that all other options are checked at once.
  const shape = make(UNKNOWN)
  return {
    ...shape,
    async getToken(wanted = {}) {
      wanted.signal?.throwIfAborted()
      return (await sourceNow()).getToken(wanted)
    },
  }
}

function isSame(one: ServiceAccount, other: ServiceAccount): boolean {
  return (
    one.email === other.email &&
    one.keyId === other.keyId &&
    one.privateKey === other.privateKey &&
    one.tokenUri.href === other.tokenUri.href
  )
}
