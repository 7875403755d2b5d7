import { invalid, requireString } from '../../base/options.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (letter, value) => [letter, value]),
)

/**
 * Reads an API key of Telesign, which is base64, as Telesign's own Python does: what is not of the
 * alphabet is dropped, `-` and `_` as well, which others read as 62 and 63; padding ends the text.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` under the option's name, without
 * any of the key.
 */
export function readApiKey(text: string, option: string): Uint8Array {
  const digits = digitsOf(requireString(text, option, 1024))
  if (digits === undefined || digits.length === 0) {
    throw invalid(option, `"${option}" is no whole base64 text: has all of it been copied?`)
  }
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  for (let at = 0; at < bytes.length; at++) {
    const first = Math.floor((at * 4) / 3)
    const [high = 0, low = 0] = [digits[first], digits[first + 1]]
    // Of each byte the first digit holds 6, 4 or 2 bits.
    const shift = (at % 3) * 2 + 2
    bytes[at] = ((high << shift) | (low >> (6 - shift))) & 0xff
  }
  return bytes
}

/** The digits before the padding; `undefined` where the padding that they need is not there. */
function digitsOf(text: string): readonly number[] | undefined {
  const digits: number[] = []
  let pads = 0
  for (const letter of text) {
    const rest = digits.length % 4
    const digit = VALUES.get(letter)
    if (letter === '=' && rest >= 2) {
      pads += 1
      if (rest + pads === 4) return digits
    }
    if (digit === undefined) continue
    pads = 0
    digits.push(digit)
  }
  return digits.length % 4 === 0 ? digits : undefined
}
