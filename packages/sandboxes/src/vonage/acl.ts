import type { SandboxRequest } from '../vendor.ts'

type Rules = Readonly<Record<string, unknown>>

/**
 * Tells whether a token's `acl` claim stands for a request; `undefined` where the claim is none. In a
 * path `*` is one part of it, and `**` all that follow.
 */
export function aclAllows(claim: unknown, request: SandboxRequest): boolean | undefined {
  const paths = isObject(claim) ? claim['paths'] : undefined
  if (!isObject(paths)) return undefined
  const entries = Object.entries(paths)
  if (!entries.every((entry): entry is [string, Rules] => isObject(entry[1]))) return undefined
  return entries.some(([path, { methods }]) => {
    const allowed =
      methods === undefined || (Array.isArray(methods) && methods.includes(request.method))
    return allowed && covers(path, request.path)
  })
}

function covers(pattern: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  const rest = wanted.indexOf('**')
  const fixed = rest === -1 ? wanted : wanted.slice(0, rest)
  if (rest === -1 ? parts.length !== fixed.length : parts.length <= fixed.length) return false
  return fixed.every(
    (part, index) => part === parts[index] || (part === '*' && parts[index] !== ''),
  )
}

function isObject(value: unknown): value is Rules {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
