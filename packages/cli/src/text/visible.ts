/**
 * What a terminal would act upon, or what is not seen though it is there: control characters, marks
 * that turn the direction of writing, spaces of no width, and halves of characters.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/**
 * Writes every character of a foreign text so that it can be seen: whoever made a token must not be
 * able to move the cursor, set colours or hide text. What is escaped is escaped as in JSON.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, escapeCharacter)
}

/** Writes a value as JSON that is safe to print, and still JSON. */
export function visibleJson(value: unknown, indent = 2): string {
  const text = JSON.stringify(value, undefined, indent) ?? 'null'
  return text.replaceAll(UNSAFE, (character) =>
    character === '\n' ? character : escapeCharacter(character),
  )
}

/** Writes a short piece of a foreign text in quotes, for a message. */
export function quoted(text: string, max = 40): string {
  const letters = Array.from(text)
  const piece = letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : text
  return `"${visible(piece)}"`
}

function escapeCharacter(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
}
