import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../lib/files.ts'

/** A TypeScript program in a consumer's folder. */
export interface TypedProgram {
  /** Names the folder that it is written to. */
  readonly name: string
  readonly extension: 'ts' | 'cts'
  readonly text: string
  readonly options: Readonly<Record<string, unknown>>
}

/** Type-checks a program with all declarations that it loads; gives back the compiler's complaints. */
export function typeCheck(
  root: string,
  program: TypedProgram,
  compiler: string = join(repositoryRoot, 'node_modules/typescript/bin/tsc'),
): string {
  const folder = join(root, program.name)
  const file = `program.${program.extension}`
  mkdirSync(folder)
  writeFileSync(join(folder, file), program.text)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        lib: ['es2023', 'esnext.disposable'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipLibCheck: false,
        ...program.options,
      },
      files: [file],
    }),
  )
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder], {
    cwd: root,
    encoding: 'utf8',
  })
  return stdout + stderr
}
