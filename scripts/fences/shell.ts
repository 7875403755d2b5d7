import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Fence, readFences } from './markdown.ts'

/** What commands are judged against. */
export interface ShellFacts {
  readonly root: string
  /** The names of package.json's scripts. */
  readonly scripts: readonly string[]
  /** The names of the packages that are published. */
  readonly packages: readonly string[]
}

/** A command line of a shell fence. */
export interface Command {
  readonly where: string
  readonly words: readonly string[]
}

const SHELLS = new Set(['sh', 'bash', 'shell', 'console'])
/** What npm and pnpm do by themselves. */
const BUILT_IN = new Set(['install', 'i', 'ci', 'add', 'remove', 'exec', 'dlx', 'init', 'version'])

/** Lists the commands of a document's shell fences. */
export function commandsOf(file: string, markdown: string): Command[] {
  return readFences(markdown)
    .filter(({ language }) => SHELLS.has(language))
    .flatMap((fence) => commandsIn(file, fence))
}

function commandsIn(file: string, { language, line, code }: Fence): Command[] {
  const commands = language === 'console' ? code.replaceAll(/^(?![$>] ).*$/gm, '') : code
  const joined = commands.replaceAll(/\\\n/g, ' ')
  return joined.split('\n').flatMap((text, index) =>
    text
      .replace(/^\s*\$ /, '')
      .replace(/(^|\s)#.*$/, '')
      .split(/&&|\|\||[;|]/)
      .map((command) =>
        command
          .trim()
          .split(/\s+/)
          .filter((word) => !/^\w+=/.test(word)),
      )
      .filter((words) => words[0] !== undefined && words[0] !== '')
      .map((words) => ({ where: `${file}:${line + index}`, words })),
  )
}

/** Says what a command names that is not there; undefined when all is. */
export function judgeCommand({ where, words }: Command, facts: ShellFacts): string | undefined {
  const [program = '', ...rest] = withoutNpx(words)
  const [verb, ...operands] = rest.filter((word) => !word.startsWith('-'))
  const fault = missing(program, { verb, operands, facts })
  return fault === undefined ? undefined : `${where}: "${words.join(' ')}": ${fault}`
}

function missing(
  program: string,
  told: {
    readonly verb: string | undefined
    readonly operands: readonly string[]
    readonly facts: ShellFacts
  },
): string | undefined {
  const { verb, operands, facts } = told
  if (program === 'node') return missingFile(verb, facts)
  if (program !== 'npm' && program !== 'pnpm') return undefined
  if (verb === 'run') return missingScript(operands[0], facts)
  if (verb !== undefined && BUILT_IN.has(verb)) return missingPackage(operands, facts)
  return missingScript(verb, facts)
}

function withoutNpx(words: readonly string[]): string[] {
  const [program, ...rest] = words
  if (program !== 'npx') return [...words]
  const [name = '', ...args] = rest.filter((word, at) => at > 0 || !word.startsWith('-'))
  return [name.replace(/@[\d.]+$/, ''), ...args]
}

function missingFile(file: string | undefined, { root }: ShellFacts): string | undefined {
  if (file === undefined || existsSync(join(root, file))) return undefined
  return `there is no file ${file}`
}

function missingScript(name: string | undefined, { scripts }: ShellFacts): string | undefined {
  if (name === undefined || scripts.includes(name)) return undefined
  return `package.json has no script "${name}"`
}

function missingPackage(names: readonly string[], { packages }: ShellFacts): string | undefined {
  const unknown = names.find((name) => name.startsWith('@mayfly/') && !packages.includes(name))
  return unknown === undefined ? undefined : `there is no package ${unknown}`
}
