import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runFence } from '../fences/run.ts'
import { temporaryTree } from './support/tree.ts'

/** Runs a program, in a harness where one is given. */
function outcomeOf(program: string, harness?: string): string {
  const root = temporaryTree({
    'package.json': '{ "type": "module" }',
    'fence.ts': program,
    'harness.ts': harness ?? '',
  })
  return runFence(join(root, 'fence.ts'), harness === undefined ? '' : join(root, 'harness.ts'))
}

const serving = `
import { createServer } from 'node:http'
createServer((request, response) => response.end('hello')).listen(80, () => console.log('up'))
`

describe('the run of a fence', () => {
  it('is in order when it ends by itself', () => {
    expect(outcomeOf(`const a: number = 1\nif (a !== 1) throw new Error('no')`)).toBe('')
  })

  it('fails with what the fence throws', () => {
    expect(outcomeOf(`throw new Error('no such key')`)).toContain('no such key')
  })

  it('fails when something that the fence left behind keeps it going', () => {
    const text = `import { createSocket } from 'node:dgram'\ncreateSocket('udp4').bind()`
    expect(outcomeOf(text)).toContain('It does not end')
  })

  it('ends the servers that it starts, and gives them free ports', () => {
    expect(outcomeOf(serving)).toBe('')
  })

  it('is in order when the fence closes its server itself', () => {
    const text = `
    import { createServer } from 'node:http'
    const server = createServer()
    await new Promise((resolve) => server.listen(3000, resolve))
    await new Promise((resolve) => server.close(resolve))`
    expect(outcomeOf(text)).toBe('')
  })

  it('fails when it prints other than it says', () => {
    expect(outcomeOf(`console.log('a', 1) // prints: a 1\nconsole.log({}) // prints: {}`)).toBe('')
    expect(outcomeOf(`console.log('a') // prints: b`)).toContain(
      'says that it prints\nb\nbut printed\na',
    )
  })

  it('does not leave this machine', () => {
    const outcome = outcomeOf(`await fetch('https://api.example.com/v1')`)
    expect(outcome).toContain('The fence fetches from https://api.example.com')
  })

  it('knows nothing of the environment', () => {
    process.env['MAYFLY_TEST_SECRET'] = 'x'
    expect(outcomeOf(`if (process.env.MAYFLY_TEST_SECRET) throw new Error('seen')`)).toBe('')
    delete process.env['MAYFLY_TEST_SECRET']
  })

  it('lets a harness use what the fence serves and prints', () => {
    const harness = (
      said: string,
    ): string => `export const harness = async ({ load, urls, printed }) => {
      await load()
      const [url] = await urls()
      const text = await (await fetch(url)).text()
      if (text !== '${said}') throw new Error('got ' + text)
      if (printed.join() !== 'up') throw new Error('printed ' + printed)
    }`
    expect(outcomeOf(serving, harness('hello'))).toBe('')
    expect(outcomeOf(serving, harness('goodbye'))).toContain('got hello')
  })

  it('lets a harness route what the fence fetches', () => {
    const harness = `
    import { createServer } from 'node:http'
    import { once } from 'node:events'
    export const harness = async ({ load, urls, route }) => {
      const server = createServer((request, response) => response.end(request.method + request.url))
      await once(server.listen(0), 'listening')
      const url = 'http://127.0.0.1:' + server.address().port
      route('https://api.example.com', url)
      const { text } = await load()
      if (text !== 'POST/v1?a=1') throw new Error('got ' + text)
      if ((await urls()).length > 0) throw new Error('took the server for the fence’s')
    }`
    const fence = `const answer = await fetch('https://api.example.com/v1?a=1', { method: 'POST', body: 'x' })
    export const text = await answer.text()`
    expect(outcomeOf(fence, harness)).toBe('')
  })
})
