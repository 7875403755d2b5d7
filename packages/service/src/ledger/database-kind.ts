/** The name of a ledger that ends with the process. */
export const IN_MEMORY = ':memory:'

/** What keeps a ledger. */
export type DatabaseKind = 'SQLite' | 'PostgreSQL' | 'MongoDB'

/** Tells what keeps a ledger, from its place. */
export function databaseKind(database: string): DatabaseKind {
  if (/^postgres(?:ql)?:\/\//i.test(database)) return 'PostgreSQL'
  return /^mongodb(?:\+srv)?:\/\//i.test(database) ? 'MongoDB' : 'SQLite'
}
