/**
 * The little of DER (ITU-T X.690) that key files need: what key this is can be told, and an old
 * wrapping be replaced by the one that WebCrypto reads.
 */

/** The tags of the elements that keys are made of. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const

/** One element: its tag, its content, and all of it. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** Reads the elements that follow each other in bytes; `undefined` where they are no DER. */
export function readElements(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const header = readLength(bytes, at + 1)
    if (header === undefined) return undefined
    const end = header.start + header.length
    if (end > bytes.length) return undefined
    elements.push({
      tag,
      content: bytes.subarray(header.start, end),
      whole: bytes.subarray(at, end),
    })
    at = end
  }
  return elements
}

/** Reads bytes that are one sequence and nothing after it. */
export function readSequence(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements = readElements(bytes)
  const [sequence] = elements ?? []
  if (elements?.length !== 1 || sequence?.tag !== Tag.sequence) return undefined
  return readElements(sequence.content)
}

function readLength(
  bytes: Uint8Array,
  at: number,
): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return { start: at + 1, length: first }
  const size = first & 0x7f
  // No key needs more than three bytes of length.
  if (size === 0 || size > 3 || at + size >= bytes.length) return undefined
  let length = 0
  for (let index = 1; index <= size; index++) length = length * 256 + (bytes[at + index] ?? 0)
  return { start: at + 1 + size, length }
}

/** Writes one element. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const header = [tag, ...lengthOctets(length)]
  const bytes = new Uint8Array(header.length + length)
  bytes.set(header)
  let at = header.length
  for (const content of contents) {
    bytes.set(content, at)
    at += content.length
  }
  return bytes
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

/** Writes bytes as hexadecimal digits, which is how object identifiers are compared. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads hexadecimal digits. */
export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Drops the zero bytes that a number starts with. */
export function trimZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0)
  return first === -1 ? number.subarray(number.length) : number.subarray(first)
}

/** Counts the bits of a number written most significant byte first. */
export function bitLength(number: Uint8Array): number {
  const trimmed = trimZeros(number)
  const [first] = trimmed
  return first === undefined ? 0 : trimmed.length * 8 - Math.clz32(first) + 24
}
