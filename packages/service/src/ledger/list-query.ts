import { requireNumber } from '@mayfly/core/adapter'
import { readCursor } from './cursor.ts'
import type { TokenQuery } from './ledger.ts'

/** How a database spells a list. */
export interface Dialect {
  /** The table of tokens. */
  readonly tokens: string
  /** The table of their audiences. */
  readonly audiences: string
  /** Writes a parameter's place by its number, from 1. */
  parameter(number: number): string
  /** Compares a row `a` of audiences with a parameter. */
  isAudience(parameter: string): string
}

/** The text of a query, and the values of its parameters in their order. */
export interface ListQuery {
  readonly text: string
  readonly values: readonly (string | number)[]
}

const COLUMNS = [
  ['xid', 'xid'],
  ['phone', 'phone'],
  ['clientId', 'client_id'],
  ['kind', 'kind'],
] as const

/** The most records of a page. */
const MAX_LIMIT = 200

/**
 * Writes the query for one page, and asks for one record more than the page has: whether there is
 * another page. The text depends on which filters are given, and never on their values.
 *
 * @throws {OptionError} for an unsound `limit` or `after`.
 */
export function listQuery(query: TokenQuery, dialect: Dialect): ListQuery {
  const { audience, after, limit } = query
  requireNumber(limit, 'limit', { min: 1, max: MAX_LIMIT, integer: true, unit: 'records' })
  const values: (string | number)[] = []
  const place = (value: string | number): string => dialect.parameter(values.push(value))
  const order = audience === undefined ? 't' : 'a'
  const where = COLUMNS.flatMap(([name, column]) => {
    const value = query[name]
    return value === undefined ? [] : [`t.${column} = ${place(value)}`]
  })
  if (audience !== undefined) where.push(dialect.isAudience(place(audience)))
  if (after !== undefined) {
    const cursor = readCursor(after)
    where.push(
      `(${order}.issued_at, ${order}.sequence) < (${place(cursor.issuedAt)}, ${place(cursor.sequence)})`,
    )
  }
  const from =
    audience === undefined
      ? `${dialect.tokens} t`
      : `${dialect.audiences} a JOIN ${dialect.tokens} t ON t.sequence = a.sequence`
  const text = `SELECT t.* FROM ${from}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}
    ORDER BY ${order}.issued_at DESC, ${order}.sequence DESC LIMIT ${place(limit + 1)}`
  return { text, values }
}
