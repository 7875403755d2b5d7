import { invalid, requireString } from '../../base/options.ts'

/**
 * Reads the option `scope` as one text: words of printable ASCII without quotes and backslashes (RFC
 * 6749 section 3.3).
 */
export function compileScope(scope: string | readonly string[] | undefined): string | undefined {
  if (scope === undefined) return undefined
  if (Array.isArray(scope) && scope.length === 0) {
    throw invalid('scope', '"scope" is empty; leave it out to ask for what the server gives.')
  }
  const words: readonly unknown[] = Array.isArray(scope)
    ? scope
    : requireString(scope, 'scope', 16_384).trim().split(/ +/)
  for (const word of words) {
    if (typeof word === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)) continue
    throw invalid(
      'scope',
      '"scope" must be words without spaces, quotes and backslashes: "read write" or ["read", "write"].',
    )
  }
  return words.join(' ')
}
