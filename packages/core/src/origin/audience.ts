/** The values of one `aud`, by the job that each does. */
export interface SplitAudience {
  /** Those that name the verifier. */
  readonly audience: readonly string[]
  /** All others: origin patterns, sound or not. */
  readonly patterns: readonly string[]
}

/**
 * Splits an `aud` that does both jobs: values equal to the verifier's audience count as audience, the
 * others as origin patterns. Equal means to the letter, as RFC 7519 section 4.1.3 has it. What is no
 * string is neither.
 *
 * @param claim the claim as the token has it: a string or an array of strings.
 * @param audience what the verifier goes by; `null` or an empty list: nothing, all values are patterns.
 */
export function splitAudience(claim: unknown, audience: readonly string[] | null): SplitAudience {
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  const named: string[] = []
  const patterns: string[] = []
  for (const value of values) {
    if (typeof value !== 'string') continue
    if (audience?.includes(value) === true) named.push(value)
    else patterns.push(value)
  }
  return { audience: named, patterns }
}
