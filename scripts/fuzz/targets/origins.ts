import {
  checkOrigin,
  compileOriginPatterns,
  isMayflyError,
  parseOriginHeader,
  parseOriginPattern,
} from '@mayfly/core'
import fc from 'fast-check'
import { HARD_TEXTS, mutated, noise } from '../mutations.ts'
import { Finding, target } from '../target.ts'

const HEADS = ['https://', 'http://', 'capacitor://', 'null', '*.', '']
const HOSTS = ['app.example.com', 'example.co.uk', '127.0.0.1', '[::1]', 'xn--bcher-kva.example']
const TAILS = ['', ':443', ':8443', ':*', '/', '.', ':', '/path', '?a', '#a', '@evil.example']

const plausible = fc
  .tuple(fc.constantFrom(...HEADS), fc.constantFrom(...HOSTS), fc.constantFrom(...TAILS))
  .map((parts) => parts.join(''))
const pieced = fc
  .array(fc.oneof(fc.constantFrom(...HEADS, ...HOSTS, ...TAILS), noise), { maxLength: 6 })
  .map((parts) => parts.join(''))
const text = fc.oneof(plausible, mutated(plausible), pieced, fc.webUrl(), fc.string())

const inputs = fc.record({
  pattern: text,
  header: text,
  missingOrigin: fc.constantFrom('allow', 'deny', 'fetch-metadata'),
})

/** What a pattern admits is an origin in the spelling of browsers, of the pattern's own host or below. */
function assertAdmitted(pattern: string, header: string): void {
  // The pattern * admits every well-formed value.
  if (header === 'null' && pattern !== '*') throw new Finding('An opaque origin was admitted.')
  if (!/^https?:/.test(header)) return
  const { origin, hostname } = new URL(header)
  const read = parseOriginHeader(header)
  // A port that is the scheme's own may be written out, though no browser does.
  if (read.kind !== 'origin' || origin !== read.text)
    throw new Finding('A header was admitted that no browser sends.')
  const host = pattern
    .replace(/^\w+:\/\//, '')
    .replace(/^\*\./, '')
    .replace(/(?::[\d*]+)?\/?$/, '')
  if (pattern === '*') return
  const admitted = new URL(`https://${host}`).hostname
  if (hostname !== admitted && !hostname.endsWith(`.${admitted}`)) {
    throw new Finding('A host was admitted that the pattern does not name.')
  }
}

function check({
  pattern,
  header,
  missingOrigin,
}: {
  readonly pattern: string
  readonly header: string
  readonly missingOrigin: 'allow' | 'deny' | 'fetch-metadata'
}): void {
  parseOriginHeader(header)
  try {
    parseOriginPattern(pattern)
  } catch (error) {
    if (!isMayflyError(error)) throw error
  }
  const compiled = compileOriginPatterns([pattern], { missingOrigin })
  const verdict = checkOrigin(compiled, header, {})
  if (verdict.allowed) assertAdmitted(pattern, header)
  else if (verdict.status !== 400 && verdict.status !== 403)
    throw new Finding('What status is that?')
}

/** Origins of requests, and the patterns in tokens that they are held against. */
export const origins = target({
  name: 'origins',
  inputs,
  check,
  large: HARD_TEXTS.flatMap(([name, make]) => [
    {
      name: `${name} for an origin`,
      make: (size: number) => ({
        pattern: '*.example.com',
        header: `https://${make(size)}`,
        missingOrigin: 'allow' as const,
      }),
    },
    {
      name: `${name} for a pattern`,
      make: (size: number) => ({
        pattern: `*.${make(size)}`,
        header: 'https://app.example.com',
        missingOrigin: 'allow' as const,
      }),
    },
  ]),
})
