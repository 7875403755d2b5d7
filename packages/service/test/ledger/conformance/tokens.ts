import { type Ledger, LedgerConflictError } from '@mayfly/service'
import { expect, it } from 'vitest'
import { NOW, tokenRecord } from '../records.ts'
import { withLedger } from './with-ledger.ts'

const FULL = tokenRecord('full', {
  kind: 'telesign',
  clientId: 'console',
  subject: 'alice',
  audience: ['https://a.example', 'https://b.example'],
  xid: 'x-1',
  phone: '4915112345678',
  scope: 'tokens:read tokens:issue',
  generation: 3,
  sealedToken: 'sealed',
})

export function testTokens(open: () => Promise<Ledger>): void {
  it(
    'gives a record back as it was recorded, by its id and by its hash',
    withLedger(open, async (ledger) => {
      await ledger.record(FULL)
      expect(await ledger.findByTokenId('telesign', 'full')).toStrictEqual(FULL)
      expect(await ledger.findByHash(FULL.tokenHash)).toStrictEqual(FULL)
    }),
  )

  it(
    'leaves out what a record does not have',
    withLedger(open, async (ledger) => {
      const bare = tokenRecord('bare', { audience: [] })
      await ledger.record(bare)
      expect(await ledger.findByTokenId('token', 'bare')).toStrictEqual(bare)
    }),
  )

  it(
    'keeps text of any script, quotes and wildcards as they are',
    withLedger(open, async (ledger) => {
      const odd = tokenRecord(`id'"; DROP TABLE tokens; -- %_`, {
        subject: 'Zoë 日本 🐝',
        audience: ['a"b', "c'd", '%'],
        scope: '',
      })
      await ledger.record(odd)
      expect(await ledger.findByTokenId('token', odd.tokenId)).toStrictEqual(odd)
      expect((await ledger.list({ audience: '%', limit: 10 })).tokens).toStrictEqual([odd])
      expect((await ledger.list({ audience: '_', limit: 10 })).tokens).toStrictEqual([])
    }),
  )

  it(
    'finds nothing by an id or a hash that it has not',
    withLedger(open, async (ledger) => {
      await ledger.record(FULL)
      expect(await ledger.findByTokenId('token', FULL.tokenHash)).toBeUndefined()
      expect(await ledger.findByHash('full')).toBeUndefined()
    }),
  )

  it(
    'refuses an id that is taken, and keeps the first record',
    withLedger(open, async (ledger) => {
      await ledger.record(tokenRecord('one', { phone: '1' }))
      const again = ledger.record(tokenRecord('one', { phone: '2', tokenHash: 'other' }))
      await expect(again).rejects.toThrow(LedgerConflictError)
      await expect(again).rejects.toMatchObject({ code: 'ERR_LEDGER_CONFLICT' })
      expect((await ledger.findByTokenId('token', 'one'))?.phone).toBe('1')
    }),
  )

  it(
    'keeps the ids of each kind apart, whatever they are',
    withLedger(open, async (ledger) => {
      const kinds = ['telesign', 'voicegain', 'token', 'console'] as const
      const all = kinds.map((kind) => tokenRecord('same', { kind, tokenHash: `hash ${kind}` }))
      await Promise.all(all.map((token) => ledger.record(token)))
      expect(await ledger.revoke('voicegain', 'same', NOW)).toBe(true)
      const found = await Promise.all(kinds.map((kind) => ledger.findByTokenId(kind, 'same')))
      expect(found.map((token) => [token?.kind, token?.revokedAt])).toStrictEqual([
        ['telesign', undefined],
        ['voicegain', NOW],
        ['token', undefined],
        ['console', undefined],
      ])
      expect(await ledger.revoke('telesign', 'other', NOW)).toBe(false)
    }),
  )

  it(
    'refuses the same token under another id',
    withLedger(open, async (ledger) => {
      await ledger.record(tokenRecord('one', { tokenHash: 'same' }))
      const again = ledger.record(tokenRecord('two', { tokenHash: 'same' }))
      await expect(again).rejects.toThrow(LedgerConflictError)
      expect(await ledger.findByTokenId('token', 'two')).toBeUndefined()
    }),
  )

  it(
    'records all but the conflicting ones of many that come at once',
    withLedger(open, async (ledger) => {
      const ids = ['a', 'b', 'a', 'c', 'b', 'd']
      const results = await Promise.allSettled(
        ids.map((id, index) => ledger.record(tokenRecord(id, { tokenHash: `hash ${index}` }))),
      )
      expect(results.map(({ status }) => status)).toStrictEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      const { tokens } = await ledger.list({ audience: 'orders', limit: 10 })
      expect(tokens.map(({ tokenId }) => tokenId).toSorted()).toStrictEqual(['a', 'b', 'c', 'd'])
      expect((await ledger.findByTokenId('token', 'a'))?.tokenHash).toBe('hash 0')
    }),
  )

  it(
    'records the others when one of many has a value that cannot be kept',
    withLedger(open, async (ledger) => {
      const results = await Promise.allSettled([
        ledger.record(tokenRecord('good')),
        ledger.record(tokenRecord('half a second', { issuedAt: NOW + 0.5 })),
        ledger.record(tokenRecord('not a time', { expiresAt: 'tomorrow' as never })),
        ledger.record(tokenRecord('also good')),
      ])
      const done = { status: 'fulfilled' }
      const failed = { reason: { name: 'LedgerError', code: 'ERR_LEDGER_FAILED' } }
      expect(results).toMatchObject([done, failed, failed, done])
      expect((await ledger.list({ limit: 9 })).tokens).toHaveLength(2)
    }),
  )

  it(
    'records two thousand at once',
    { timeout: 120_000 },
    withLedger(open, async (ledger) => {
      const ids = Array.from({ length: 2000 }, (_, index) => `many ${index}`)
      await Promise.all(ids.map((id) => ledger.record(tokenRecord(id))))
      const found = await Promise.all(ids.map((id) => ledger.findByTokenId('token', id)))
      expect(found.map((token) => token?.tokenId)).toStrictEqual(ids)
    }),
  )

  it(
    'revokes a token, and keeps the time of the first revocation',
    withLedger(open, async (ledger) => {
      await ledger.record(tokenRecord('one'))
      expect(await ledger.revoke('token', 'one', NOW + 10)).toBe(true)
      expect(await ledger.revoke('token', 'one', NOW + 20)).toBe(true)
      expect((await ledger.findByTokenId('token', 'one'))?.revokedAt).toBe(NOW + 10)
    }),
  )

  it(
    'says so when there is no token to revoke',
    withLedger(open, async (ledger) => {
      expect(await ledger.revoke('token', 'none', NOW)).toBe(false)
    }),
  )

  it(
    'forgets tokens that expired before the time given, and those alone',
    withLedger(open, async (ledger) => {
      const old = Array.from({ length: 1200 }, (_, index) =>
        tokenRecord(`old ${index}`, { expiresAt: NOW - 1, audience: ['orders', 'orders', 'b'] }),
      )
      await Promise.all(old.map((token) => ledger.record(token)))
      await ledger.record(tokenRecord('edge', { expiresAt: NOW }))
      expect(await ledger.purge({ expiredBefore: NOW, now: NOW })).toBe(1200)
      expect(await ledger.purge({ expiredBefore: NOW, now: NOW })).toBe(0)
      expect(await ledger.findByTokenId('token', 'old 7')).toBeUndefined()
      const { tokens } = await ledger.list({ audience: 'orders', limit: 10 })
      expect(tokens.map(({ tokenId }) => tokenId)).toStrictEqual(['edge'])
      await ledger.record(tokenRecord('old 7'))
    }),
  )
}
