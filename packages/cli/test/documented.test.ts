import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Step, stepsOf } from '../../../scripts/fences/console/transcript.ts'
import { run } from './support/run.ts'

const DOCS = new URL('../../../docs/', import.meta.url)

/** The commands of our pages with what they print, which the tests of the documentation compare. */
const steps: readonly Step[] = readdirSync(DOCS)
  .filter((file) => /^cli.*\.md$/.test(file))
  .flatMap((file) => stepsOf(file, readFileSync(new URL(file, DOCS), 'utf8')))

/** Every command of the tree, such as `keys generate`, as the completion knows them. */
async function commands(): Promise<readonly string[]> {
  const { stdout } = await run(['completion', 'bash'])
  const list = /case "\$at\/\$\{COMP_WORDS\[index\]\}" in\n\s*(\S+)\)/.exec(stdout)?.[1] ?? ''
  return list.split('|').map((path) => path.slice(1).replaceAll('/', ' '))
}

const printed = (command: string): readonly Step[] =>
  steps.filter(
    (step) => `${step.command} `.includes(`mayfly ${command} `) && step.expected.length > 0,
  )

describe('the pages about the command line', () => {
  it('show what each command prints', async () => {
    const all = await commands()
    expect(all).toEqual(expect.arrayContaining(['token apns', 'keys convert', 'serve rotate-keys']))
    // Vendors share what they print; each is in the list below.
    const own = all.filter((command) => !/^(?:token|curl|explain) /.test(command))
    expect(own.filter((command) => printed(command).length === 0)).toEqual([])
  })

  it('list every vendor that there are tokens for', async () => {
    const listed = printed('token --help').flatMap(({ expected }) => expected)
    const vendors = (await commands())
      .filter((command) => command.startsWith('token '))
      .map((command) => command.slice('token '.length))
    expect(vendors.length).toBeGreaterThan(15)
    const isListed = (vendor: string): boolean =>
      listed.some((line) => line.trim().split(/[ |]/)[0] === vendor)
    expect(vendors.filter((vendor) => !isListed(vendor))).toEqual([])
  })
})
