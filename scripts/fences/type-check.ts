import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repositoryRoot } from '../lib/files.ts'
import { publicPackages } from '../packages/workspace.ts'
import type { FenceProgram } from './programs.ts'

/** Where the programs are written: inside the workspace `docs`, whose dependencies they import. */
const folder: string = join(repositoryRoot, 'docs/.fences')

/** Where a program is written to. */
export function generatedFile({ where }: FenceProgram): string {
  return join(folder, `${where.replaceAll('/', '--').replace(':', '.')}.ts`)
}

/** Writes the programs into a folder of their own; whatever was there before is gone. */
export function writePrograms(programs: readonly FenceProgram[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const program of programs) writeFileSync(generatedFile(program), program.text)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.tests.json',
      compilerOptions: { moduleDetection: 'force' },
      include: ['*.ts'],
      references: publicPackages().map((each) => ({ path: relative(folder, each.folder) })),
    }),
  )
}

/** Type-checks the written programs; gives back the complaints, each at its place in the document. */
export function typeCheck(programs: readonly FenceProgram[]): string[] {
  const compiler = join(repositoryRoot, 'node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(
    process.execPath,
    [compiler, '-b', folder, '--pretty', 'false'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  const complaints = stdout.split('\n').filter((line) => line.includes('error TS'))
  if (status !== 0 && complaints.length === 0) throw new Error(`tsc failed: ${stdout}`)
  return complaints.map((line) => inDocument(line, programs))
}

function inDocument(complaint: string, programs: readonly FenceProgram[]): string {
  const [, path = '', line = '', message = ''] = /^(.*)\((\d+),\d+\): (.*)$/.exec(complaint) ?? []
  const program = programs.find((each) => generatedFile(each) === join(folder, path))
  return program === undefined ? complaint : `${program.file}:${line}: ${message}`
}
