import { invalid } from '../encoding/options.ts'

/** Checks origin patterns as an issuer must, and gives them in their normal form. */
export function normaliseOrigins(origins: readonly string[]): readonly string[] {
  if (origins.length === 0) return []
  throw invalid('origins', '"origins" is not supported yet.')
}
