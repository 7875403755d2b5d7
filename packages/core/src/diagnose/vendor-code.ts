/** What looks like a code: a word or two, and nothing that could be a token or a person's data. */
const CODE = /^[\w .:/-]{1,64}$/

/** Where vendors put their codes, outermost first. */
const MEMBERS = ['code', 'error', 'reason', 'status', 'title'] as const

/**
 * Finds the vendor's error code in a body: Apple's `errors[0].code`, OAuth's `error`, and the usual
 * members of a JSON error.
 */
export function vendorCodeIn(body: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  return codeIn(value, 3)
}

function codeIn(value: unknown, depth: number): string | undefined {
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  const { errors } = value as { errors?: unknown }
  if (Array.isArray(errors)) return codeIn(errors[0], depth - 1)
  for (const member of MEMBERS) {
    const found: unknown = Object.hasOwn(value, member) ? Reflect.get(value, member) : undefined
    const code = typeof found === 'object' ? codeIn(found, depth - 1) : codeText(found)
    if (code !== undefined) return code
  }
  return undefined
}

function codeText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && CODE.test(value) ? value : undefined
}
