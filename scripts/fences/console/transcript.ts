import { readFences } from '../markdown.ts'

/** A command of a `console` fence, and what it is said to print. */
export interface Step {
  readonly where: string
  /** What a shell is given; it may have several lines. */
  readonly command: string
  /** The lines that are said to come out. */
  readonly expected: readonly string[]
}

const PROMPT = /^\$ (.*)$/

/** Lists the commands of a document's `console` fences: the lines that begin with `$ `. */
export function stepsOf(file: string, markdown: string): Step[] {
  return readFences(markdown)
    .filter(({ language }) => language === 'console')
    .flatMap(({ line, code }) => stepsIn(file, line, code))
}

function stepsIn(file: string, start: number, code: string): Step[] {
  const steps: { where: string; command: string; expected: string[] }[] = []
  let isContinued = false
  for (const [index, line] of code.replace(/\n$/, '').split('\n').entries()) {
    const command = PROMPT.exec(line)?.[1]
    const last = steps.at(-1)
    if (command !== undefined) {
      steps.push({ where: `${file}:${start + index}`, command, expected: [] })
    } else if (last === undefined) {
      throw new Error(`${file}:${start + index}: a console fence begins with "$ " and a command`)
    } else if (isContinued) {
      last.command += `\n${line.replace(/^> /, '')}`
    } else {
      last.expected.push(line)
    }
    isContinued = (command !== undefined || isContinued) && line.endsWith('\\')
  }
  return steps
}

/**
 * Says how the lines that came differ from those that were said to; `undefined` where they do not. In
 * what is said `…` stands for any text within a line, and on a line of its own for any lines.
 */
export function difference(step: Step, printed: readonly string[]): string | undefined {
  const pattern = step.expected.map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(literally).join('.+')}\\n`,
  )
  const text = printed.map((line) => `${line}\n`).join('')
  if (new RegExp(`^${pattern.join('')}$`).test(text)) return undefined
  return `${step.where}: $ ${step.command}\nis said to print\n${step.expected.join('\n')}\nbut printed\n${printed.join('\n')}`
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}
