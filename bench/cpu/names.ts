/** The scenarios, by name: parents know these and do not load what is measured. */
export const scenarioNames = [
  'express',
  'koa',
  'bearer-fetch',
  'get-token',
  'verify-known',
  'verify-ES256',
  'verify-RS256',
  'verify-EdDSA',
  'verify-HS256',
  'mint',
  'import-key',
] as const

/** One of them. */
export type ScenarioName = (typeof scenarioNames)[number]
