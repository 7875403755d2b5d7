import { invalid } from '@mayfly/core/adapter'

/** Where a page of records ended. Records are ordered by these two, the greatest first. */
export interface Cursor {
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** The number that the database gave the record. */
  readonly sequence: number
}

/** Writes a cursor as the text that goes to the client and comes back. */
export function writeCursor({ issuedAt, sequence }: Cursor): string {
  return `${issuedAt}.${sequence}`
}

/** Reads a cursor that a client sends. Its parts go to the database as parameters. */
export function readCursor(after: string): Cursor {
  const found = CURSOR.exec(after)?.groups
  const cursor = { issuedAt: Number(found?.['issuedAt']), sequence: Number(found?.['sequence']) }
  if (Number.isSafeInteger(cursor.issuedAt) && Number.isSafeInteger(cursor.sequence)) return cursor
  throw invalid('after', '"after" must be the "next" of the page before.')
}

const CURSOR = /^(?<issuedAt>-?\d{1,16})\.(?<sequence>\d{1,16})$/
