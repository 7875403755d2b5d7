/** The name of a ledger that ends with the process. */
export const IN_MEMORY = ':memory:'

/** Tells whether a ledger's place is a PostgreSQL database. */
export function isPostgres(database: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(database)
}
