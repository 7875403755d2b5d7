import { describe, invalid } from '../../base/options.ts'

/** What a path of a {@link VonageAcl} allows. Empty: every method, and every body. */
export interface VonageAclRules {
  /** The methods that are allowed, in capitals. */
  readonly methods?: readonly string[]
  /** Values that members of the request must have. */
  readonly filters?: Readonly<Record<string, unknown>>
  readonly [rule: string]: unknown
}

/** The paths that a token may be used for, as Vonage's `acl` claim has them. */
export interface VonageAcl {
  /** Rules by path. In a path `*` stands for one part, and `**` for all that follow. */
  readonly paths: Readonly<Record<string, VonageAclRules>>
}

/**
 * What Vonage's documentation gives a user of a client SDK: everything that the SDKs call. Of a token
 * with a `subject` and this list a browser or a phone needs no more, and most need less.
 *
 * See https://developer.vonage.com/conversation/guides/jwt-acl
 */
export const VONAGE_CLIENT_SDK_ACL: VonageAcl = Object.freeze({
  paths: Object.freeze({
    '/*/users/**': Object.freeze({}),
    '/*/conversations/**': Object.freeze({}),
    '/*/sessions/**': Object.freeze({}),
    '/*/devices/**': Object.freeze({}),
    '/*/image/**': Object.freeze({}),
    '/*/media/**': Object.freeze({}),
    '/*/applications/**': Object.freeze({}),
    '/*/push/**': Object.freeze({}),
    '/*/knocking/**': Object.freeze({}),
    '/*/legs/**': Object.freeze({}),
  }),
})

/** Checks and copies an `acl`: a wrong one is a token that Vonage refuses, or one that may do all. */
export function compileAcl(acl: VonageAcl): VonageAcl {
  if (!isObject(acl) || !isObject(acl.paths)) {
    throw invalid('acl', `"acl" must look like { paths: { "/*/users/**": {} } }.`)
  }
  const stranger = Object.keys(acl).find((name) => name !== 'paths')
  if (stranger !== undefined) {
    throw invalid('acl', `"acl" has "paths" and nothing else, not "${stranger.slice(0, 64)}".`)
  }
  const paths = Object.entries<unknown>(acl.paths)
  if (paths.length === 0) {
    throw invalid('acl', '"acl.paths" is empty. Leave "acl" out for a token that may do all.')
  }
  for (const [path, rules] of paths) requireRules(path, rules)
  try {
    return JSON.parse(JSON.stringify({ paths: acl.paths })) as VonageAcl
  } catch (cause) {
    throw invalid('acl', '"acl" must be plain JSON.', cause)
  }
}

function requireRules(path: string, rules: unknown): void {
  const name = `"acl.paths[${JSON.stringify(path.slice(0, 64))}]"`
  if (!/^\/[^\s?#]*$/.test(path)) {
    throw invalid('acl', `${name}: a path begins with "/", and has no query and no spaces.`)
  }
  if (!isObject(rules)) {
    throw invalid('acl', `${name} must be an object, {} for everything, not ${describe(rules)}.`)
  }
  const methods = rules['methods']
  if (methods === undefined) return
  const areMethods =
    Array.isArray(methods) &&
    methods.length > 0 &&
    methods.every((method) => typeof method === 'string' && /^[A-Z]{1,16}$/.test(method))
  if (!areMethods) throw invalid('acl', `${name}: "methods" must be a list such as ["GET"].`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
