/**
 * Turns a host with letters outside ASCII into its A-labels (UTS 46, as the URL standard applies it).
 * The platform's `URL` has the tables; because it also decodes, strips and rewrites, the host is
 * guarded on both sides: nothing goes in that could end a host, and each label must come out as
 * itself or as an A-label. `undefined` when it does not, and when the platform refuses it.
 */
export function toALabels(host: string): string | undefined {
  if (!isGuarded(host) || !URL.canParse(`https://${host}`)) return undefined
  const before = host.split('.')
  const { hostname } = new URL(`https://${host}`)
  const after = hostname.split('.')
  if (after.length !== before.length) return undefined
  return before.every((label, index) => isFaithful(label, after[index] ?? ''))
    ? hostname
    : undefined
}

/** Tells whether a host has anything outside ASCII. */
export function isInternational(host: string): boolean {
  return /[^\0-\u007f]/.test(host)
}

function isGuarded(host: string): boolean {
  return /^(?:[a-z\d._-]|[^\0-\u007f])+$/i.test(host)
}

/** A label that was not ASCII and becomes so was a look-alike, such as a full-width "ｅxample". */
function isFaithful(before: string, after: string): boolean {
  return isInternational(before) ? after.startsWith('xn--') : after === before.toLowerCase()
}
