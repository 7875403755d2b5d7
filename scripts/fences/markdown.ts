/** A fenced block of code in a Markdown text. */
export interface Fence {
  /** The first word after the opening backticks, in lower case. */
  readonly language: string
  /** The line, counted from 1, on which the code begins. */
  readonly line: number
  readonly code: string
  /** What the HTML comments right before the fence say, for example `run: app-store-connect`. */
  readonly notes: readonly string[]
}

interface Open {
  readonly indent: number
  readonly marker: string
  readonly language: string
  readonly line: number
  readonly notes: readonly string[]
}

const OPENING = /^(\s*)(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/
const NOTE = /^\s*<!--\s*(.*?)\s*-->\s*$/

/** Reads the fenced blocks of a Markdown text. Throws when one is never closed. */
export function readFences(text: string): Fence[] {
  const fences: Fence[] = []
  let notes: string[] = []
  let open: Open | undefined
  let code: string[] = []

  for (const [index, line] of text.split('\n').entries()) {
    if (open !== undefined) {
      if (closes(line, open.marker)) {
        const { language, notes: own } = open
        fences.push({ language, line: open.line, code: `${code.join('\n')}\n`, notes: own })
        open = undefined
      } else {
        code.push(withoutIndent(line, open.indent))
      }
      continue
    }
    const [, indent = '', marker, language = ''] = OPENING.exec(line) ?? []
    if (marker !== undefined) {
      open = {
        indent: indent.length,
        marker,
        language: language.toLowerCase(),
        line: index + 2,
        notes,
      }
      notes = []
      code = []
      continue
    }
    const note = NOTE.exec(line)?.[1]
    if (note !== undefined) notes.push(note)
    else if (line.trim() !== '') notes = []
  }
  if (open !== undefined) throw new Error(`the fence before line ${open.line} is never closed`)
  return fences
}

function closes(line: string, marker: string): boolean {
  const text = line.trim()
  return text.length >= marker.length && text === marker.charAt(0).repeat(text.length)
}

function withoutIndent(line: string, indent: number): string {
  return line.slice(0, indent).trim() === '' ? line.slice(indent) : line.trimStart()
}
