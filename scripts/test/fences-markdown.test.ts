import { describe, expect, it } from 'vitest'
import { readFences } from '../fences/markdown.ts'
import { programsOf } from '../fences/programs.ts'
import { docComments } from '../fences/tsdoc.ts'

describe('the fences of a Markdown text', () => {
  it('have their language, their code and the line that it begins on', () => {
    expect(
      readFences('Text\n\n```ts\nconst a = 1\nconst b = 2\n```\n~~~ SH title\nls\n~~~\n'),
    ).toEqual([
      { language: 'ts', line: 4, code: 'const a = 1\nconst b = 2\n', notes: [] },
      { language: 'sh', line: 8, code: 'ls\n', notes: [] },
    ])
  })

  it('may hold shorter fences, and fences of the other kind', () => {
    const [fence, ...more] = readFences('````md\n```ts\n1\n```\n~~~\n````\n')
    expect(fence?.code).toBe('```ts\n1\n```\n~~~\n')
    expect(more).toEqual([])
  })

  it('lose the indent that a list gives them, and no more', () => {
    const [fence] = readFences('1. Do\n\n   ```ts\n   if (a) {\n     b()\n\n   }\n   ```\n')
    expect(fence?.code).toBe('if (a) {\n  b()\n\n}\n')
  })

  it('are not begun by inline code', () => {
    expect(readFences('```not a fence``` but code\n')).toEqual([])
  })

  it('carry the comments right before them, and no others', () => {
    const text =
      '<!-- far -->\nText\n<!-- run: zoom -->\n\n<!-- continues -->\n```ts\n```\n```ts\n```\n'
    expect(readFences(text).map(({ notes }) => notes)).toEqual([['run: zoom', 'continues'], []])
  })

  it('must be closed', () => {
    expect(() => readFences('\n```ts\nconst a = 1\n')).toThrow('before line 3 is never closed')
  })
})

describe('the programs of a Markdown text', () => {
  it('keep every line on its number', () => {
    const [program] = programsOf('a.md', '# A\n\n```ts\nfirst()\nsecond()\n```\n')
    expect(program?.where).toBe('a.md:4')
    expect(program?.text.split('\n').indexOf('second()')).toBe(4)
  })

  it('continue the one before where they say so', () => {
    const text = '```ts\nconst a = 1\n```\n\n<!-- continues -->\n```ts\nuse(a)\n```\n'
    const [, second] = programsOf('a.md', text)
    expect(second?.text).toBe('\nconst a = 1\n\n\n\n\nuse(a)\n')
  })

  it('cannot continue what is not there', () => {
    const text = '<!-- continues -->\n```ts\n```\n'
    expect(() => programsOf('a.md', text)).toThrow('a.md:3: there is no fence to continue')
  })

  it('run plainly, in a harness, or never and for a reason', () => {
    const text = ['', '<!-- run: zoom -->', '<!-- run: never, it needs a key -->']
      .map((note) => `${note}\n\`\`\`ts\n\`\`\`\n`)
      .join('')
    expect(programsOf('a.md', text).map(({ mode }) => mode)).toEqual([
      { kind: 'plain' },
      { kind: 'harness', name: 'zoom' },
      { kind: 'never', reason: 'it needs a key' },
    ])
  })

  it('must give a reason for never', () => {
    expect(() => programsOf('a.md', '<!-- run: never -->\n```ts\n```\n')).toThrow('a.md:3: say why')
  })

  it.each(['js', 'JavaScript', 'typescript', 'tsx'])(
    'may not be called "%s", which nothing checks',
    (name) => {
      expect(() => programsOf('a.md', `\`\`\`${name}\n\`\`\`\n`)).toThrow(
        'is not checked; call it "ts"',
      )
    },
  )

  it('leave other languages alone', () => {
    expect(programsOf('a.md', '```json\n{}\n```\n```\nplain\n```\n')).toEqual([])
  })
})

describe('the doc comments of a file', () => {
  it('are Markdown on the lines where they stand', () => {
    const source = [
      'const fake = "/** ```ts */"',
      '/**',
      ' * Says hello.',
      ' *',
      ' * @example',
      ' * ```ts',
      ' * if (a) {',
      ' *   hello()',
      ' * }',
      ' * ```',
      ' */',
      'export function hello() {} // ```ts',
      '/* ```ts no doc comment */',
    ].join('\n')
    const [program, ...more] = programsOf('src/hello.ts', docComments('hello.ts', source))
    expect(program?.where).toBe('src/hello.ts:7')
    expect(program?.text.trim()).toBe('if (a) {\n  hello()\n}')
    expect(more).toEqual([])
  })
})
