import { FakeClock } from '@mayfly/testing'
import { expect, it } from 'vitest'
import { Journal, type Remark } from '../demo/journal.ts'
import { describeApi, describeInbound, describeOutbound } from '../demo/words.ts'

const accepted: Remark = { speaker: 'api', tone: 'plain', text: 'Accepted.' }
const refused: Remark = { speaker: 'api', tone: 'bad', text: 'Refused.' }
const pressed: Remark = { speaker: 'you', tone: 'plain', text: 'Pressed a button.' }

const lines = (journal: Journal) => journal.entries.map(({ text, count }) => `${text} ${count}`)

it('counts the same remark up while it goes on', () => {
  const clock = new FakeClock()
  const journal = new Journal(clock)
  for (let call = 0; call < 3; call++) {
    journal.note(accepted)
    clock.advanceSeconds(10)
  }
  expect(lines(journal)).toEqual(['Accepted. 3'])
})

it('counts remarks up across each other only when they come at the same time', () => {
  const clock = new FakeClock()
  const journal = new Journal(clock)
  for (const remark of [accepted, refused, accepted]) journal.note(remark)
  expect(lines(journal)).toEqual(['Accepted. 2', 'Refused. 1'])

  clock.advanceSeconds(1)
  journal.note(accepted)
  expect(lines(journal)).toEqual(['Accepted. 2', 'Refused. 1', 'Accepted. 1'])
})

it('begins anew after a button', () => {
  const journal = new Journal(new FakeClock())
  for (const remark of [accepted, pressed, accepted]) journal.note(remark)
  expect(lines(journal)).toEqual(['Accepted. 1', 'Pressed a button. 1', 'Accepted. 1'])
})

it('keeps the last sixty remarks', () => {
  const journal = new Journal(new FakeClock())
  for (let number = 1; number <= 70; number++) journal.note({ ...accepted, text: `No. ${number}.` })
  expect(journal.entries).toHaveLength(60)
  expect(journal.entries[0]?.text).toBe('No. 11.')
})

it('says which way the API’s clock is wrong, and nothing of its last milliseconds', () => {
  const skew = { type: 'skew', origin: 'https://api.example.com' } as const
  const textOf = (offsetMs: number, changeMs: number) =>
    describeOutbound({ ...skew, offsetMs, changeMs })?.text

  expect(textOf(119_800, 119_800)).toMatch(/is 120 s ahead\.$/)
  expect(textOf(-120_200, -120_200)).toMatch(/is 120 s behind\.$/)
  expect(textOf(0, -120_000)).toMatch(/is right again\.$/)
  expect(textOf(119_900, 100)).toBeUndefined()
})

it('tells the true reason of a refusal, which the API’s answer does not', () => {
  const event = { type: 'request', sandbox: 'app-store-connect', number: 1, atMs: 0 } as const
  const request = {
    ...event,
    method: 'GET',
    path: '/v1/apps',
    status: 401,
    outcome: 'refused',
  } as const

  expect(describeApi({ ...request, reason: 'revoked' }).text).toBe(
    'Answered 401: the token was revoked.',
  )
  expect(describeApi({ ...request, reason: 'kid' }).text).toBe('Answered 401: kid.')
})

it('reports the tokens that a gateway refuses, and not those that it accepts', () => {
  const deny = { type: 'deny', reason: 'origin_mismatch', durationMs: 1 } as const

  expect(describeInbound('Koa', deny)?.text).toBe(
    'The Koa gateway refused the browser’s token: origin_mismatch.',
  )
  expect(describeInbound('Koa', { type: 'verify', cached: true, durationMs: 1 })).toBeUndefined()
})
