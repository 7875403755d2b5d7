const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
]

/** Says seconds in the largest units that they have: two, or so many. */
export function duration(seconds, units = 2) {
  let rest = Math.max(0, Math.floor(seconds))
  const parts = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    if (parts.length === units) break
  }
  return parts.length === 0 ? '0 s' : parts.join(' ')
}

/** Says a moment, given in seconds since 1970, as a person of this place reads it. */
export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
}

/** Says roughly how far a moment is from now. */
export function distance(seconds, now) {
  const ahead = seconds - now
  return ahead >= 0 ? `in ${duration(ahead, 1)}` : `${duration(-ahead, 1)} ago`
}

/** Reads header and payload of a token. It judges nothing: the service has just signed it. */
export function readToken(token) {
  const [header, payload] = token.split('.')
  return { header: readPart(header), payload: readPart(payload) }
}

function readPart(part) {
  const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(text, (character) => character.codePointAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

const DATES = new Set(['iat', 'exp', 'nbf'])

/** Says what a claim holds: dates as a person reads them, everything else as it stands. */
export function claimWords(name, value) {
  if (DATES.has(name) && typeof value === 'number') return moment(value)
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
