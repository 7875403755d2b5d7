/** Fails when an answer is not what it has to be. */
export function expectSame(answer: unknown, expected: unknown, what: string): void {
  if (answer === expected) return
  throw new Error(`${what} should be ${String(expected)}, and is ${String(answer)}.`)
}

/** Reads a member of an answer of unknown shape. */
export function member(answer: unknown, name: string): unknown {
  if (typeof answer !== 'object' || answer === null) return undefined
  return (answer as Readonly<Record<string, unknown>>)[name]
}

/** The claims in a verifier's answer: some wrap them as `payload`, some give them bare. */
export function claimsIn(answer: unknown): unknown {
  return member(answer, 'payload') ?? answer
}

/** Fails when a verifier's answer does not hold the claims of the benchmark's tokens. */
export function expectClaims(answer: unknown): void {
  const claims = claimsIn(answer)
  expectSame(member(claims, 'sub'), 'alice', '"sub"')
  expectSame(member(claims, 'scope'), 'orders:read orders:write', '"scope"')
}

/** Fails when an answer is not an error. */
export function expectError(answer: unknown): void {
  if (!(answer instanceof Error)) throw new Error('This token should have been refused.')
}
