import { expect, it } from 'vitest'

interface Tally {
  readonly requests: number
  readonly refused: number
  readonly resent: number
  readonly mints: Readonly<Record<string, number>>
}

interface Words {
  readonly explainCall: (call: {
    readonly gateway: string
    readonly via: 'proxy' | 'fetch'
    readonly answer: {
      readonly status: number
      readonly body: unknown
      readonly durationMs: number
    }
    readonly before: Tally
    readonly after: Tally
  }) => {
    readonly tone: string
    readonly head: string
    readonly words: string
    readonly facts?: object
  }
  readonly explainForeign: (answer: object) => { readonly tone: string; readonly words: string }
}

const { explainCall, explainForeign } = (await import(
  new URL('../demo/public/page/words.js', import.meta.url).href
)) as Words

const before: Tally = { requests: 4, refused: 1, resent: 1, mints: { cold: 1, rejected: 1 } }
const used = { ...before, requests: 5 }

function explain(via: 'proxy' | 'fetch', status: number, after: Tally, body: unknown = {}) {
  const answer = { status, body, durationMs: 12.3 }
  return explainCall({ gateway: 'Koa', via, answer, before, after })
}

it.each([
  [used, 'used as it is'],
  [{ ...used, mints: { ...before.mints, stale: 1 } }, 'minted in the background'],
  [{ ...used, mints: { ...before.mints, expired: 1 } }, 'waited for a new one'],
  [{ ...used, mints: { ...before.mints, rejected: 2 } }, 'in place of the one'],
])('tells what a good answer took', (after, words) => {
  const result = explain('proxy', 200, after)

  expect(result).toMatchObject({
    tone: 'good',
    head: '200 through the Koa gateway, stream proxy, after 12 ms',
  })
  expect(result.words).toContain(words)
})

it('tells a refusal that bearerFetch healed from one that the proxy passed on', () => {
  const mints = { cold: 1, rejected: 2 }
  const healed = explain('fetch', 200, { requests: 6, refused: 2, resent: 2, mints })
  const passedOn = explain('proxy', 401, { ...used, refused: 2 })

  expect(healed.words).toContain('the caller saw only the 200')
  expect(healed.facts).toEqual({ 'API requests': 2, refused: 1, 'sent again': 1, minted: 1 })
  expect(passedOn.tone).toBe('bad')
  expect(passedOn.words).toContain('this caller sees the 401')
  expect(passedOn.facts).toEqual({ 'API requests': 1, refused: 1, 'sent again': 0, minted: 0 })
})

it('tells a gateway’s own refusal from the API’s', () => {
  const body = { reason: 'token_expired', detail: 'The token has expired.' }

  expect(explain('proxy', 401, before, body).words).toBe(
    'The gateway itself refused: The token has expired.',
  )
})

it('takes the refusal of a foreign origin for the good end that it is', () => {
  const problem = { reason: 'origin_mismatch' }
  const places = { here: 'http://127.0.0.1:1', there: 'http://127.0.0.1:2' }

  expect(explainForeign({ status: 403, problem, ...places }).tone).toBe('good')
  expect(explainForeign({ status: 200, ...places }).tone).toBe('bad')
  expect(explainForeign({ status: 0, ...places }).tone).toBe('bad')
})
