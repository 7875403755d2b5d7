import { describe, expect, it } from 'vitest'
import { commandsOf, judgeCommand } from '../fences/shell.ts'
import { temporaryTree } from './support/tree.ts'

function faultOf(command: string): string | undefined {
  const root = temporaryTree({ 'examples/demo.ts': '' })
  const facts = { root, scripts: ['start', 'test', 'check'], packages: ['@mayfly/core'] }
  return judgeCommand({ where: 'README.md:1', words: command.split(' ') }, facts)
}

describe('the commands of a shell fence', () => {
  it('are taken apart, without prompts, comments and variables', () => {
    const text =
      '```sh\n$ npm start # the demo\nPORT=0 npm test && ls | wc\n\nnpm \\\n  run check\n```\n'
    expect(commandsOf('a.md', text)).toEqual([
      { where: 'a.md:2', words: ['npm', 'start'] },
      { where: 'a.md:3', words: ['npm', 'test'] },
      { where: 'a.md:3', words: ['ls'] },
      { where: 'a.md:3', words: ['wc'] },
      { where: 'a.md:5', words: ['npm', 'run', 'check'] },
    ])
  })

  it('of other languages are no commands', () => {
    expect(commandsOf('a.md', '```ts\nnpm()\n```\n')).toEqual([])
  })

  it.each([
    'npm start',
    'npm run check',
    'pnpm check',
    'npx --yes pnpm@10.34.8 check',
    'npm install @mayfly/core express',
    'npm ci',
    'node --conditions=source examples/demo.ts',
    'curl http://localhost:3000/',
  ])('may be "%s"', (command) => {
    expect(faultOf(command)).toBeUndefined()
  })

  it.each([
    ['npm strat', 'has no script "strat"'],
    ['npm run demo', 'has no script "demo"'],
    ['pnpm chekc', 'has no script "chekc"'],
    ['npx --yes pnpm@10.34.8 chekc', 'has no script "chekc"'],
    ['npm install @mayfly/cor', 'there is no package @mayfly/cor'],
    ['node --conditions=source examples/dmo.ts', 'there is no file examples/dmo.ts'],
  ])('may not be "%s"', (command, fault) => {
    expect(faultOf(command)).toContain(`README.md:1: "${command}": `)
    expect(faultOf(command)).toContain(fault)
  })
})
