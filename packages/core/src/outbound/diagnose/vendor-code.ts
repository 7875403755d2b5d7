/** What looks like a code: a word or two, and nothing that could be a person's data. */
const CODE = /^[\w .:/-]{1,64}$/

/** So many letters in a row that a token has as well are a piece of it. */
const PIECE = /[\w-]{8,}/g

/** Where vendors put their codes, outermost first. */
const MEMBERS = ['code', 'errorCode', 'error', 'reason', 'status', 'title'] as const

/**
 * Finds the vendor's error code in a body: Apple's `errors[0].code`, OAuth's `error`, and the usual
 * members of a JSON error. A number that only repeats the status is taken where there is nothing
 * better. Some servers repeat there the token that they refuse; that is no code.
 */
export function vendorCodeIn(
  body: string,
  { token, status }: { readonly token: string; readonly status: number },
): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  const code = codeIn(value, { depth: 3, dull: String(status) })
  return code === undefined || holdsSome(code, token) ? undefined : code
}

interface Search {
  readonly depth: number
  /** What says no more than the status does. */
  readonly dull: string
}

function codeIn(value: unknown, { depth, dull }: Search): string | undefined {
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  const inner = { depth: depth - 1, dull }
  let fallback: string | undefined
  const { errors } = value as { errors?: unknown }
  if (Array.isArray(errors)) return codeIn(errors[0], inner)
  for (const member of MEMBERS) {
    const found: unknown = Object.hasOwn(value, member) ? Reflect.get(value, member) : undefined
    const code = typeof found === 'object' ? codeIn(found, inner) : codeText(found)
    if (code !== undefined && code !== dull) return code
    fallback ??= code
  }
  return fallback
}

function codeText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && CODE.test(value) ? value : undefined
}

function holdsSome(code: string, token: string): boolean {
  const whole = token.length >= 8 && code.includes(token)
  return whole || (code.match(PIECE) ?? []).some((piece) => token.includes(piece))
}
