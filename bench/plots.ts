import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { renderPerformance } from './plots/page.ts'
import { here } from './tree/revision.ts'

// `pnpm bench plots`: docs/performance.md and its plots, from the results that are kept. With --check it
// fails where they show others.
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const results = (name: string): never =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'results', `${name}.json`), 'utf8')) as never
const files = renderPerformance({
  cpu: results('cpu'),
  jwt: results('jwt'),
  scale: results('scale'),
})
const docs = join(here, 'docs')
mkdirSync(join(docs, 'plots'), { recursive: true })
for (const [name, text] of Object.entries(files)) {
  const path = join(docs, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (values.check) {
    console.error(`docs/${name} shows other results. Run "pnpm bench plots".`)
    process.exitCode = 1
  } else {
    writeFileSync(path, text)
    console.log(`Wrote docs/${name}.`)
  }
}
