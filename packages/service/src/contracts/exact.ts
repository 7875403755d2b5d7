/**
 * Tells what of a JSON value would not be in a token as it was sent, for a message; `undefined` where all
 * of it would: JavaScript rounds long numbers, writes those beyond its range as `null`, and keeps halves of
 * characters that other readers refuse.
 */
export function inexactPart(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return /\p{Cs}/u.test(value)
      ? 'half a character, a surrogate without its other half'
      : undefined
  }
  if (typeof value === 'number') {
    const isExact = Number.isSafeInteger(value) || (Number.isFinite(value) && value % 1 !== 0)
    return isExact ? undefined : 'a number that is not kept exactly: send it as text'
  }
  if (typeof value !== 'object' || value === null) return undefined
  const parts: readonly unknown[] = [...Object.keys(value), ...Object.values(value)]
  for (const part of parts) {
    const found = inexactPart(part)
    if (found !== undefined) return found
  }
  return undefined
}
