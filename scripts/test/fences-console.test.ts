import { describe, expect, it } from 'vitest'
import { runSteps } from '../fences/console/session.ts'
import { difference, type Step, stepsOf } from '../fences/console/transcript.ts'

const world = {
  env: { GREETING: 'hello' },
  files: { 'a.txt': 'from a file\n' },
  routes: {},
  ports: {},
}

function consoleOf(...lines: readonly string[]): Step[] {
  return stepsOf('a.md', `# A\n\n\`\`\`console\n${lines.join('\n')}\n\`\`\`\n`)
}

describe('a console fence', () => {
  it('is taken apart into commands and what they print', () => {
    expect(consoleOf('$ echo a \\', '>   b', 'a b', '', '$ true')).toEqual([
      { where: 'a.md:4', command: 'echo a \\\n  b', expected: ['a b', ''] },
      { where: 'a.md:8', command: 'true', expected: [] },
    ])
  })

  it('begins with a command', () => {
    expect(() => consoleOf('output')).toThrow('a.md:4: a console fence begins with "$ "')
  })

  it('is no fence of another language', () => {
    expect(stepsOf('a.md', '```sh\n$ echo a\n```\n')).toEqual([])
  })

  it.each([
    ['the same text', ['a (b) [c]*'], ['a (b) [c]*']],
    ['any text within a line', ['token …', '… b'], ['token eyJ', 'a b']],
    ['any lines', ['a', '…', 'z'], ['a', 'b', 'c', 'z']],
    ['no lines', ['a', '…', 'z'], ['a', 'z']],
  ])('stands for %s', (_, expected, printed) => {
    expect(difference({ where: 'a.md:1', command: 'x', expected }, printed)).toBeUndefined()
  })

  it.each([
    ['other text', ['a.c'], ['abc']],
    ['nothing where there is something', [], ['a']],
    ['something where there is nothing', ['a'], []],
    ['a line more', ['a'], ['a', 'b']],
    ['an empty text for "…"', ['token …'], ['token ']],
    ['a text over two lines for "…"', ['a … c'], ['a b', ' c']],
  ])('does not stand for %s', (_, expected, printed) => {
    const step = { where: 'a.md:1', command: 'x', expected }
    expect(difference(step, printed)).toContain('a.md:1: $ x\nis said to print')
  })
})

describe('the commands of a page', () => {
  it('share a shell, its folder, its variables and its exit codes', async () => {
    const shared = [
      '$ cat a.txt',
      'from a file',
      '$ NAME=you',
      '$ echo $GREETING $NAME',
      'hello you',
    ]
    const last = ['$ false', '$ echo $?', '1', '$ echo $HOME; echo oops >&2', '/home/alice', 'oops']
    const steps = consoleOf(...shared, ...last)
    expect(await runSteps(steps, world)).toEqual([])
  })

  it('leave nothing running that would hold their output open', async () => {
    expect(await runSteps(consoleOf('$ sleep 600 &', '$ echo done', 'done'), world)).toEqual([])
  })

  it('find this repository’s mayfly', async () => {
    expect(await runSteps(consoleOf('$ mayfly --version', '0.0.0'), world)).toEqual([])
  })

  it('are told apart when one prints something else', async () => {
    const steps = consoleOf('$ echo a', 'a', '$ echo b', 'c', '$ echo d', 'd')
    expect(await runSteps(steps, world)).toEqual([
      'a.md:6: $ echo b\nis said to print\nc\nbut printed\nb',
    ])
  })

  it('fetch from nowhere but this machine', async () => {
    const line =
      '$ mayfly curl jwt --algorithm HS256 --secret-env S --origin https://a.example https://a.example/'
    const secret = { ...world, env: { S: 'x'.repeat(32) } }
    const [fault] = await runSteps(consoleOf(line), secret)
    expect(fault).toContain('https://a.example')
    expect(fault).toContain('leads nowhere')
  })
})
