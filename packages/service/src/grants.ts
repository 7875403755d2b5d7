export { PostgresGrantStore } from './grants/postgres.ts'
export { SqliteGrantStore } from './grants/sqlite.ts'
