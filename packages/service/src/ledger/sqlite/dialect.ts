import type { Dialect } from '../list-query.ts'

export const SQLITE_DIALECT: Dialect = {
  tokens: 'tokens',
  audiences: 'token_audiences',
  parameter: () => '?',
  isAudience: (parameter) => `a.audience = ${parameter}`,
}
