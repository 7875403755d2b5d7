/** What a console token may be good for. */
export const SCOPES = [
  'admin',
  'keys:rotate',
  'metrics:read',
  'tokens:introspect',
  'tokens:issue',
  'tokens:read',
  'tokens:regenerate',
  'tokens:revoke',
  'tokens:secret',
] as const

/** One of {@link SCOPES}. `admin` lifts the bounds between clients, and allows nothing by itself. */
export type Scope = (typeof SCOPES)[number]
