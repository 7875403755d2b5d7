import fc from 'fast-check'

/** One change of a text: a part is taken out, and something is put in its place. */
interface Change {
  readonly at: number
  readonly removed: number
  readonly added: string
}

const CONTROLS = ['\0', '\t', '\n', '\r', '\u007f', '\u00a0', '\u2028', '\ufeff', '\ud800', 'ÿ']
const SIGNS = Array.from(' "\\\'`=+/-_.,;:@?#%&*()[]{}<>|~^$!')

/** Text that some parser takes for a sign of its own. */
export const noise: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...CONTROLS, ...SIGNS, '', '..', '=='),
  fc.string({ maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
)

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  removed: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2 }) }, fc.nat({ max: 400 })),
  added: noise,
})

/** A text of those given, changed in a few places, and sometimes not at all. */
export function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.array(change, { maxLength: 3 }))
    .map(([text, changes]) => changes.reduce(apply, text))
}

function apply(text: string, { at, removed, added }: Change): string {
  const start = at % (text.length + 1)
  return text.slice(0, start) + added + text.slice(start + removed)
}

/** Repeats a text to a length. */
export function repeated(text: string, characters: number): string {
  return text.repeat(Math.ceil(characters / text.length)).slice(0, characters)
}

/** Text that makes parsers work that go back, nest or count, of any size. */
export const HARD_TEXTS: readonly (readonly [name: string, make: (size: number) => string])[] = [
  ['opening brackets', (size) => repeated('[', size)],
  ['nested objects', (size) => repeated('{"a":', size)],
  ['quotes', (size) => repeated('"', size)],
  ['backslashes in a string', (size) => `{"a":"${repeated('\\', size)}`],
  ['escaped quotes', (size) => `{"a":"${repeated('\\"', size)}`],
  ['backslashes before each quote', (size) => `{"a":"${repeated('\\\\\\\\\\\\"', size)}`],
  ['colons', (size) => repeated(':', size)],
  ['members', (size) => `{${repeated('"a":1,', size - 8)}"b":1}`.replace(/,"a?"?:?1?"b"/, ',"b"')],
  ['dots', (size) => repeated('.', size)],
  ['equals signs', (size) => repeated('=', size)],
  ['commas', (size) => repeated(',', size)],
  ['spaces', (size) => repeated(' ', size)],
  ['hyphens', (size) => repeated('-', size)],
  ['percent signs', (size) => repeated('%', size)],
  ['a letter', (size) => repeated('a', size)],
  ['letters and dots', (size) => repeated('a.', size)],
  ['not ASCII', (size) => repeated('é', size)],
]
