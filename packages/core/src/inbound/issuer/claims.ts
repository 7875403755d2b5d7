import { invalid } from '../../base/options.ts'

/** The registered claims of RFC 7519, and the option of `issue()` that writes each. */
const OPTION_OF_CLAIM: ReadonlyMap<string, string> = new Map([
  ['iss', 'the issuer\'s own "issuer"'],
  ['sub', '"subject"'],
  ['aud', '"audience" or "origins"'],
  ['exp', '"expiresIn"'],
  ['iat', '"expiresIn"'],
  ['jti', '"tokenId"'],
  ['nbf', 'nothing: a token counts from when it is issued'],
])

/** Tells whether a claim has a meaning of its own in RFC 7519. */
export function isRegistered(claim: string): boolean {
  return OPTION_OF_CLAIM.has(claim)
}

/** The claims that one issuer writes beside the registered ones. */
export interface OwnClaims {
  readonly originClaim: string | undefined
  readonly writesGeneration: boolean
  readonly writesConfirmation: boolean
}

/**
 * Copies extra claims as JSON will hold them, and refuses those that would replace one that the issuer
 * answers for.
 */
export function copyClaims(
  claims: Readonly<Record<string, unknown>> | undefined,
  own: OwnClaims,
): Record<string, unknown> {
  if (claims === undefined) return {}
  const copy = jsonCopy(claims)
  for (const [claim, value] of Object.entries(copy)) {
    const option = optionOf(claim, own) ?? bindsKey(claim, value)
    if (option === undefined) continue
    throw invalid('claims', `"claims" may not hold "${claim}": it is written by ${option}.`)
  }
  return copy
}

function optionOf(claim: string, own: OwnClaims): string | undefined {
  if (claim === own.originClaim) return '"origins"'
  if (claim === 'gen' && own.writesGeneration) return 'the issuer\'s "generations"'
  if (claim === 'cnf' && own.writesConfirmation) return '"confirmation"'
  return OPTION_OF_CLAIM.get(claim)
}

/** Other confirmations than that of a thumbprint are the caller's own business. */
function bindsKey(claim: string, value: unknown): string | undefined {
  const isBinding = claim === 'cnf' && Object.hasOwn(Object(value), 'jkt')
  return isBinding ? '"confirmation", which checks it' : undefined
}

// What has a toJSON method decides for itself what is written, so the names are judged afterwards.
function jsonCopy(claims: object): Record<string, unknown> {
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(claims))
  } catch (cause) {
    throw invalid('claims', '"claims" must be what JSON can hold.', cause)
  }
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw invalid('claims', '"claims" must be an object.')
  }
  return copy as Record<string, unknown>
}
