import { malformed } from './payload.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * Finds a claim by its name, or by its path with dots between, such as `realm_access.roles`. A claim whose
 * name has dots itself is found by it first.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const member of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member))
      return undefined
    value = (value as Claims)[member]
  }
  return value
}

/** Compiles what reads a token's rights. Default: from `scope`, or `scp` where there is none. */
export function rightsReader(
  names: readonly string[] | undefined,
): (claims: Claims) => readonly string[] {
  if (names === undefined) {
    return (claims) => rightsIn(claims, Object.hasOwn(claims, 'scope') ? 'scope' : 'scp')
  }
  return (claims) => {
    const rights = names.flatMap((name) => rightsIn(claims, name))
    return Object.freeze([...new Set(rights)])
  }
}

/**
 * Reads one claim: text with spaces between (RFC 8693 section 4.2), or a list. What is neither is no
 * token without rights, it is a token that nobody can read.
 */
function rightsIn(claims: Claims, name: string): readonly string[] {
  const value = claimAt(claims, name)
  if (value === undefined) return NONE
  if (typeof value === 'string') return Object.freeze(value.split(' ').filter((one) => one !== ''))
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return Object.freeze([...value])
  throw malformed(name, 'a string or an array of strings')
}

const NONE: readonly string[] = Object.freeze([])
