import { quoted } from '../text/visible.ts'

/** A part of a token as bytes, read with more patience than any verifier has. */
export interface BytesPart {
  readonly bytes: Uint8Array
  /** What is wrong with its spelling, in sentences that do not name the part. */
  readonly faults: readonly string[]
}

/** Decodes base64url, and says what is wrong with it and where. */
export function readBase64urlPart(text: string): BytesPart {
  const faults: string[] = []
  const unpadded = text.replace(/=+$/, '')
  if (unpadded !== text) faults.push('ends in "=": base64url in a token has no padding.')
  const standard = unpadded.replaceAll('+', '-').replaceAll('/', '_')
  if (standard !== unpadded) {
    const at = unpadded.search(/[+/]/)
    faults.push(
      `has ${quoted(unpadded[at] ?? '')} at its character ${at + 1}: that is base64; base64url has "-" for "+" and "_" for "/".`,
    )
  }
  const strange = standard.search(/[^\w-]/)
  if (strange >= 0) {
    const character = String.fromCodePoint(standard.codePointAt(strange) ?? 0)
    faults.push(
      `has ${quoted(character)} at its character ${strange + 1}, which base64url does not have.`,
    )
  }
  const clean = standard.replaceAll(/[^\w-]/g, '')
  const bytes = Buffer.from(clean, 'base64url')
  if (clean.length % 4 === 1) {
    faults.push(
      `has ${clean.length} characters, which base64url never has: one is missing or too many.`,
    )
  } else if (bytes.toString('base64url') !== clean) {
    faults.push('has a last character whose unused bits are set; verifiers here refuse that.')
  }
  return { bytes, faults }
}
