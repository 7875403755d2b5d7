import type { Algorithm, HeaderFields, JwkSet, KeyLookup } from '@mayfly/core'

/** What is told of a key. */
export interface KeyState {
  readonly keyId: string
  readonly algorithm: string
  readonly state: 'next' | 'active' | 'old'
  /** Seconds since the epoch. */
  readonly activeFrom: number
  /** Seconds since the epoch. */
  readonly neededUntil: number
  /** Seconds since the epoch. */
  readonly createdAt: number
}

/** A key that was made. */
export interface RotatedKey {
  readonly keyId: string
  readonly algorithm: string
  /** Seconds since the epoch: from when it signs. */
  readonly activeFrom: number
}

/** The keys that the service signs with, as the contracts need them. */
export interface ServiceKeyring extends KeyLookup {
  readonly algorithms: readonly Algorithm[]
  /** Signs, and keeps the key until `expiresAt` (seconds since the epoch) at the least. */
  sign(payload: Uint8Array, header: HeaderFields, expiresAt: number): Promise<string>
  jwks(): Promise<JwkSet>
  /** Lists the keys, the newest first. */
  list(): Promise<readonly KeyState[]>
  /** Makes a new key. `now`: one that signs at once, though caches do not know it yet. */
  rotate(options: { readonly now?: boolean }): Promise<RotatedKey>
  /** Drops a key at once; `false` when there is none. Throws an `OptionError` for the one that signs. */
  remove(keyId: string): Promise<boolean>
}
