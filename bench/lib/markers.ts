const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'

/**
 * Puts a section between the two markers of a Markdown text, in place of what was there.
 *
 * @param name what the text is called in a message
 */
export function replaceSection(text: string, section: string, name: string): string {
  const start = text.indexOf(START)
  const end = text.indexOf(END)
  if (start === -1 || end === -1 || end < start) {
    throw new Error(
      `${name} has no place for the table. Write a line "${START}" and, below it, a line "${END}" where it is to go.`,
    )
  }
  if (text.indexOf(START, start + 1) !== -1 || text.indexOf(END, end + 1) !== -1) {
    throw new Error(`${name}: "${START}" and "${END}" may each stand there only once.`)
  }
  return `${text.slice(0, start + START.length)}\n\n${section}\n\n${text.slice(end)}`
}
