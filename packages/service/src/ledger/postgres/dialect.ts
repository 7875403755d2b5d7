import type { Dialect } from '../list-query.ts'
import { audienceHash } from './statements.ts'

export const POSTGRES_DIALECT: Dialect = {
  tokens: 'mayfly_tokens',
  audiences: 'mayfly_token_audiences',
  parameter: (number) => `$${number}`,
  isAudience: (parameter) => `a.audience_hash = ${audienceHash(parameter)}`,
}
