import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runScene, SCENES, type SceneResult } from './fleet-scenes.ts'

// What a fleet of real processes gets that shares its tokens in a real Redis, in each scene.
const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '8' },
    requests: { type: 'string', default: '1000' },
    gap: { type: 'string', default: '25' },
    lifetime: { type: 'string', default: '8' },
    // A part of the names of the scenes that are run.
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})
const size = {
  processes: Number(values.processes),
  requests: Number(values.requests),
  gapMs: Number(values.gap),
  lifetime: Number(values.lifetime),
}
const load = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10
const before = load()
const results: SceneResult[] = []
for (const scene of SCENES.filter(({ name }) => name.includes(values.only))) {
  results.push(await runScene(scene, size))
  process.stderr.write(`${scene.name}: ${JSON.stringify(results.at(-1))}\n`)
}
const rows = results.map(({ scene, mints, lifetimes, outcomes, longestMs }) => {
  const { 200: good = 0, 401: refused = 0, ...errors } = outcomes
  const told = Object.entries(errors).map(([code, count]) => `${count} × ${code}`)
  return `| ${scene} | ${mints} | ${lifetimes} | ${good} | ${refused} | ${told.join(', ') || 'none'} | ${(longestMs / 1000).toFixed(1)} s |`
})
const page = `# A fleet

${size.processes} processes send ${size.requests} requests each, ${size.gapMs} ms apart, with tokens that live for ${size.lifetime} s, and share
them in one Redis. Measured with Node.js ${process.versions.node} on ${availableParallelism()} cores, whose load was ${before} before and ${load()}
after: \`pnpm fleet --write\`.

"One token for all" is a server where each new token ends the ones before it. "Renewals" is what one process
alone would have asked for in that time.

| scene | mints | renewals | 200 | 401 | errors | longest wait |
| ----- | ----: | -------: | --: | --: | ------ | -----------: |
${rows.join('\n')}
`
process.stdout.write(page)
if (values.write) writeFileSync(join(import.meta.dirname, '../../../../bench/FLEET.md'), page)
