/** Every contract that tokens are issued by. The ids of each are a space of their own. */
export const TOKEN_KINDS = ['telesign', 'voicegain', 'token', 'console'] as const

/** One of the contracts that tokens are issued by. */
export type TokenKind = (typeof TOKEN_KINDS)[number]

/** Whose generations are counted: the clients of the service, or the subjects of an application's tokens. */
export type GenerationSpace = 'client' | 'subject'

/** What the service remembers of a token that it issued: never the token itself, unless told so. */
export interface TokenRecord {
  /** The token's `jti`, or an id of the ledger's own where it has none. Unique among records of its kind. */
  readonly tokenId: string
  /**
   * SHA-256 of what was signed, header and payload, as base64url: how a token that comes back is found
   * again, whichever of its signatures it bears. Records of the first schema have that of the whole text.
   */
  readonly tokenHash: string
  /** By which contract it was issued. */
  readonly kind: TokenKind
  /** Whose credentials asked for it; `undefined` where the contract asks for none. */
  readonly clientId?: string
  readonly subject?: string
  readonly audience: readonly string[]
  /** Telesign's transaction id. */
  readonly xid?: string
  /** Telesign's phone number. */
  readonly phone?: string
  readonly scope?: string
  /** The subject's generation at the time, for tokens that end with it. */
  readonly generation?: number
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** The token's text, encrypted; only with `storeTokens`. */
  readonly sealedToken?: string
}

/** A record as it is found again. */
export interface FoundToken extends TokenRecord {
  /** Seconds since the epoch. */
  readonly revokedAt?: number
}

/** What records are searched by. All that is given must hold. */
export interface TokenQuery {
  readonly xid?: string
  readonly phone?: string
  readonly audience?: string
  readonly clientId?: string
  readonly kind?: TokenKind
  /** Where the page before ended: its `next`. An `OptionError` for anything else. */
  readonly after?: string
  /** 1 to 200. */
  readonly limit: number
}

/**
 * One page of records: the newest first, by `issuedAt`, and those of one second by when they were
 * recorded. What is recorded meanwhile neither moves nor repeats what is on the pages that follow.
 */
export interface TokenPage {
  readonly tokens: readonly FoundToken[]
  /** What to give as `after` for the page that follows; absent on the last one. */
  readonly next?: string
}

/** A signing key at rest. */
export interface StoredKey {
  readonly keyId: string
  readonly algorithm: string
  /** The private JWK, encrypted. */
  readonly sealedKey: string
  /** Seconds since the epoch: from when it signs. It is published before, so that caches know it. */
  readonly activeFrom: number
  /** Seconds since the epoch: until when it must stay published. */
  readonly neededUntil: number
  readonly createdAt: number
}

/**
 * Where the service keeps what must outlive it. All of its methods are atomic, and what has been awaited
 * is on the disk: it survives a crash of the process. What cannot be done rejects with a `LedgerError`,
 * and has not been done; where a connection broke in the middle, it may have been.
 */
export interface Ledger {
  /** Records a token. Rejects with a `LedgerConflictError` when its id within its kind, or its hash, is taken. */
  record(token: TokenRecord): Promise<void>
  /** Finds a record of one kind by its id, whatever became of the token. */
  findByTokenId(kind: TokenKind, tokenId: string): Promise<FoundToken | undefined>
  /** Finds a record by its `tokenHash`. */
  findByHash(tokenHash: string): Promise<FoundToken | undefined>
  /** Gives a page of records. Rejects with an `OptionError` when `after` is not the `next` of a page. */
  list(query: TokenQuery): Promise<TokenPage>
  /** Revokes a token; `false` when no record of this kind has this id. The first time it was revoked stays. */
  revoke(kind: TokenKind, tokenId: string, at: number): Promise<boolean>
  /** Gives the generation that the tokens of a client or subject must have; 0 where none was begun. */
  generation(space: GenerationSpace, name: string): Promise<number>
  /** Begins a new generation and gives it: one more than the last, however many ask at once. */
  bumpGeneration(space: GenerationSpace, name: string): Promise<number>
  /**
   * Begins the next generation if the present one is still `from`, so that of many that ask at once one
   * gets it: the others would end the tokens of that one. `false` when another was faster.
   */
  advanceGeneration(space: GenerationSpace, name: string, from: number): Promise<boolean>
  /** Gives the keys at rest, the newest (by `activeFrom`, then `createdAt`) first. */
  keys(): Promise<readonly StoredKey[]>
  /**
   * Adds a key if the newest one is still `expectedNewest` (`undefined`: there is none), so that of many
   * nodes that rotate at once one does. `false` when another was faster.
   */
  addKey(key: StoredKey, expectedNewest: string | undefined): Promise<boolean>
  /** Extends the time that a key is needed; never shortens it. `false` when the key is gone. */
  needKeyUntil(keyId: string, neededUntil: number): Promise<boolean>
  /** Forgets a key, whoever needs it. `false` when there is none of this id. */
  removeKey(keyId: string): Promise<boolean>
  /**
   * Forgets tokens that expired before `expiredBefore`, and keys that nobody needs at `now`; gives how
   * many tokens. The key that signs at `now` stays, and so do those that are to sign later.
   */
  purge(options: { readonly expiredBefore: number; readonly now: number }): Promise<number>
  /** Resolves when it can read and write. */
  ping(): Promise<void>
  /** Lets go of the database, once what is under way is done. */
  close(): Promise<void>
}
