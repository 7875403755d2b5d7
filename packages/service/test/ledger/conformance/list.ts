import type { FoundToken, Ledger, TokenQuery } from '@mayfly/service'
import { expect, it } from 'vitest'
import { NOW, tokenRecord } from '../records.ts'
import { withLedger } from './with-ledger.ts'

const SAMPLE = [
  tokenRecord('t1', { kind: 'telesign', xid: 'x1', phone: '111', issuedAt: NOW }),
  tokenRecord('t2', { kind: 'telesign', xid: 'x2', phone: '111', issuedAt: NOW + 2 }),
  tokenRecord('t3', { kind: 'telesign', xid: 'x3', phone: '222', issuedAt: NOW + 1 }),
  tokenRecord('v1', { kind: 'voicegain', clientId: 'a', audience: ['x', 'y'], issuedAt: NOW + 3 }),
  tokenRecord('v2', { kind: 'voicegain', clientId: 'b', audience: ['y'], issuedAt: NOW + 3 }),
]

const CASES: readonly [title: string, query: Omit<TokenQuery, 'limit'>, ids: readonly string[]][] =
  [
    ['everything', {}, ['v2', 'v1', 't2', 't3', 't1']],
    ['by xid', { xid: 'x2' }, ['t2']],
    ['by phone', { phone: '111' }, ['t2', 't1']],
    ['by audience', { audience: 'y' }, ['v2', 'v1']],
    ['by client', { clientId: 'a' }, ['v1']],
    ['by kind', { kind: 'telesign' }, ['t2', 't3', 't1']],
    ['by all that is given', { kind: 'voicegain', audience: 'y', clientId: 'b' }, ['v2']],
    ['nothing where one filter does not hold', { kind: 'token', audience: 'y' }, []],
  ]

export function testList(open: () => Promise<Ledger>): void {
  it.each(CASES)('lists %s, the newest first', (_title, query, expected) =>
    withLedger(open, async (ledger) => {
      for (const token of SAMPLE) await ledger.record(token)
      const page = await ledger.list({ ...query, limit: 50 })
      expect(ids(page.tokens)).toStrictEqual(expected)
      expect(page).not.toHaveProperty('next')
    })(),
  )

  it(
    'pages through everything once, whatever is recorded and revoked meanwhile',
    withLedger(open, async (ledger) => {
      // Many of one second, so that the time alone cannot tell where a page ended.
      const all = Array.from({ length: 23 }, (_, index) =>
        tokenRecord(`p${index}`, { issuedAt: NOW + Math.floor(index / 10) }),
      )
      for (const token of all) await ledger.record(token)
      const seen = await readPages(ledger, async (page) => {
        await ledger.record(tokenRecord(`late ${page}`, { issuedAt: NOW + 100 }))
        await ledger.record(tokenRecord(`same second ${page}`, { issuedAt: NOW + 2 }))
        await ledger.revoke('token', `p${page}`, NOW)
      })
      expect(seen).toStrictEqual(ids(all).toReversed())
    }),
  )

  it(
    'says that a page is the last one when the records end with it',
    withLedger(open, async (ledger) => {
      for (const token of SAMPLE) await ledger.record(token)
      expect(await ledger.list({ limit: 5 })).not.toHaveProperty('next')
      expect(await ledger.list({ limit: 4 })).toHaveProperty('next')
    }),
  )

  it(
    'lists a token once whose audience is named twice',
    withLedger(open, async (ledger) => {
      const twice = tokenRecord('twice', { audience: ['a', 'a'] })
      await ledger.record(twice)
      expect((await ledger.list({ audience: 'a', limit: 5 })).tokens).toStrictEqual([twice])
    }),
  )

  it.each(['', '1', 'x.y', '1.2.3', "1.1' OR 1=1", '99999999999999999999.1', ' 1.1'])(
    'refuses %j as the place to go on from',
    (after) =>
      withLedger(open, async (ledger) => {
        await expect(ledger.list({ after, limit: 5 })).rejects.toMatchObject({
          code: 'ERR_OPTION_INVALID',
          option: 'after',
        })
      })(),
  )

  it.each([0, 201, 1.5, Number.NaN])('refuses pages of %d records', (limit) =>
    withLedger(open, async (ledger) => {
      await expect(ledger.list({ limit })).rejects.toMatchObject({ option: 'limit' })
    })(),
  )
}

async function readPages(
  ledger: Ledger,
  between: (page: number) => Promise<void>,
): Promise<readonly string[]> {
  const seen: string[] = []
  let after: string | undefined
  for (let page = 0; page < 20; page += 1) {
    const { tokens, next } = await ledger.list({ limit: 4, ...(after !== undefined && { after }) })
    seen.push(...ids(tokens))
    if (next === undefined) return seen
    after = next
    await between(page)
  }
  throw new Error('The pages do not end.')
}

function ids(tokens: readonly Pick<FoundToken, 'tokenId'>[]): readonly string[] {
  return tokens.map(({ tokenId }) => tokenId)
}
