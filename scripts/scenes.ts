import { readdirSync } from 'node:fs'

interface Scene {
  readonly scene: string
  readonly expected: string
  readonly run: () => Promise<string>
}

const folder = new URL('../packages/core/test/outbound/scenes/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'world.ts')

let count = 0
let wrong = 0
for (const file of files) {
  const { SCENES } = (await import(new URL(file, folder).href)) as { SCENES: readonly Scene[] }
  console.log(`\n## ${file.replace('.ts', '')}\n\n| scene | expected | seen |\n| --- | --- | --- |`)
  for (const { scene, expected, run } of SCENES) {
    const seen = await run().catch((error: unknown) => String(error))
    count++
    if (seen !== expected) wrong++
    console.log(`| ${scene} | ${expected} | ${seen === expected ? 'the same' : `**${seen}**`} |`)
  }
}
console.log(`\n${count} scenes, ${wrong} not as expected`)
process.exitCode = count > 0 && wrong === 0 ? 0 : 1
