import { parseSync } from 'oxc-parser'

/**
 * Gives the text of a file's doc comments as Markdown, each line on the line where it stands in the
 * file; what is not in a doc comment is left blank.
 */
export function docComments(file: string, text: string): string {
  const starts = lineStarts(text)
  const lines = starts.map(() => '')
  for (const comment of parseSync(file, text).comments) {
    if (comment.type !== 'Block' || !comment.value.startsWith('*')) continue
    const first = starts.findLastIndex((start) => start <= comment.start)
    const inner = comment.value.slice(1).split('\n')
    for (const [offset, line] of inner.entries()) {
      lines[first + offset] = line.replace(/^\s*\* ?/, '')
    }
  }
  return lines.join('\n')
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
