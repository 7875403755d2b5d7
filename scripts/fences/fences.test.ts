import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'
import { publicPackages, readManifest } from '../packages/workspace.ts'
import { documents, fencePrograms } from './programs.ts'
import { harnessFile, runFence } from './run.ts'
import { commandsOf, judgeCommand, type ShellFacts } from './shell.ts'
import { generatedFile, typeCheck, writePrograms } from './type-check.ts'

const programs = fencePrograms(repositoryRoot)
const runnable = programs.filter(({ mode }) => mode.kind !== 'never')
const commands = documents(repositoryRoot).flatMap((file) =>
  commandsOf(file, readFileSync(join(repositoryRoot, file), 'utf8')),
)
writePrograms(programs)

describe('the code in the documentation', () => {
  it('is there: in the README and in the reference', () => {
    expect(runnable.map(({ file }) => file)).toContain('README.md')
    expect(programs.some(({ file }) => file.startsWith('packages/core/src/'))).toBe(true)
  })

  it('type-checks', () => {
    expect(typeCheck(programs)).toEqual([])
  })

  it.each(runnable.map((program) => [program.where, program] as const))('%s runs', (_, program) => {
    const { mode } = program
    const harness = mode.kind === 'harness' ? harnessFile(mode.name) : ''
    expect(runFence(generatedFile(program), harness)).toBe('')
  })
})

describe('the commands in the documentation', () => {
  const facts: ShellFacts = {
    root: repositoryRoot,
    scripts: Object.keys(readManifest(repositoryRoot).scripts ?? {}),
    packages: publicPackages().map(({ name }) => name),
  }

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(0)
  })

  it.each(
    commands.map((command) => [`${command.where}: ${command.words.join(' ')}`, command] as const),
  )('%s names what exists', (_, command) => {
    expect(judgeCommand(command, facts)).toBeUndefined()
  })
})
