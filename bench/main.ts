// `pnpm bench` measures single calls and writes their page; `pnpm bench NAME` is one of these.
const COMMANDS: Readonly<Record<string, string>> = {
  compare: './compare.ts',
  cpu: './cpu.ts',
  imports: './imports.ts',
  plots: './plots.ts',
  scale: './scale.ts',
  structure: './structure.ts',
  table: './jwt.ts',
}

const [, , name = '--'] = process.argv
const file = name.startsWith('-') ? './run.ts' : COMMANDS[name]
if (file === undefined) {
  console.error(`There is no "${name}". There are: ${Object.keys(COMMANDS).join(', ')}.`)
  process.exitCode = 2
} else {
  if (file !== './run.ts') process.argv.splice(2, 1)
  await import(file)
}
