import { type Ledger, LedgerConflictError } from '@mayfly/service'
import { expect, it } from 'vitest'
import { NOW, storedKey } from '../records.ts'
import { withLedger } from './with-ledger.ts'

export function testKeys(open: () => Promise<Ledger>): void {
  it(
    'gives the keys back as they were added, the newest first',
    withLedger(open, async (ledger) => {
      const [first, later, twin] = [
        storedKey('first'),
        storedKey('later', { activeFrom: NOW + 600 }),
        storedKey('twin', { activeFrom: NOW + 600, createdAt: NOW + 1 }),
      ] as const
      expect(await ledger.keys()).toStrictEqual([])
      expect(await ledger.addKey(first, undefined)).toBe(true)
      expect(await ledger.addKey(later, 'first')).toBe(true)
      expect(await ledger.addKey(twin, 'later')).toBe(true)
      expect(await ledger.keys()).toStrictEqual([twin, later, first])
    }),
  )

  it(
    'adds one of many keys that come at once, at the start and later',
    withLedger(open, async (ledger) => {
      const names = ['a', 'b', 'c', 'd', 'e']
      const first = await Promise.all(names.map((id) => ledger.addKey(storedKey(id), undefined)))
      expect(first.filter(Boolean)).toHaveLength(1)
      const [newest] = await ledger.keys()
      const second = await Promise.all(
        names.map((id) =>
          ledger.addKey(storedKey(`${id}2`, { activeFrom: NOW + 1 }), newest?.keyId),
        ),
      )
      expect(second.filter(Boolean)).toHaveLength(1)
      expect(await ledger.keys()).toHaveLength(2)
    }),
  )

  it(
    'refuses a key whose id is taken, and keeps the first one',
    withLedger(open, async (ledger) => {
      await ledger.addKey(storedKey('one'), undefined)
      const again = ledger.addKey(storedKey('one', { sealedKey: 'other' }), 'one')
      await expect(again).rejects.toThrow(LedgerConflictError)
      expect(await ledger.keys()).toStrictEqual([storedKey('one')])
    }),
  )

  it(
    'extends the time that a key is needed, and never shortens it',
    withLedger(open, async (ledger) => {
      await ledger.addKey(storedKey('one', { neededUntil: NOW + 10 }), undefined)
      expect(await ledger.needKeyUntil('one', NOW + 50)).toBe(true)
      expect(await ledger.needKeyUntil('one', NOW + 20)).toBe(true)
      expect((await ledger.keys())[0]?.neededUntil).toBe(NOW + 50)
    }),
  )

  it(
    'says so when the key that is needed is gone',
    withLedger(open, async (ledger) => {
      await ledger.addKey(storedKey('one'), undefined)
      expect(await ledger.removeKey('one')).toBe(true)
      expect(await ledger.removeKey('one')).toBe(false)
      expect(await ledger.needKeyUntil('one', NOW + 50)).toBe(false)
      expect(await ledger.keys()).toStrictEqual([])
    }),
  )

  it(
    'forgets keys that nobody needs, but not the one that signs or is to sign',
    withLedger(open, async (ledger) => {
      const spent = { neededUntil: NOW - 1 }
      const added = [
        storedKey('spent', { ...spent, activeFrom: NOW - 30 }),
        storedKey('needed', { neededUntil: NOW, activeFrom: NOW - 20 }),
        storedKey('signs', { ...spent, activeFrom: NOW }),
        storedKey('next', { ...spent, activeFrom: NOW + 1 }),
      ]
      let newest: string | undefined
      for (const key of added) {
        await ledger.addKey(key, newest)
        newest = key.keyId
      }
      await ledger.purge({ expiredBefore: NOW, now: NOW })
      const kept = await ledger.keys()
      expect(kept.map(({ keyId }) => keyId)).toStrictEqual(['next', 'signs', 'needed'])
    }),
  )
}
