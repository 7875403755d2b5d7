import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { TokenManager } from '@mayfly/core'
import { publishEvents } from '@mayfly/core/node'
import { FakeClock } from '@mayfly/testing'
import { expect, it } from 'vitest'
import { ScriptedSource } from '../support/scripted-source.ts'

it('publishes events on the channel mayfly, and hands them on', async () => {
  const clock = new FakeClock()
  const heard: unknown[] = []
  const handed: string[] = []
  const listener = (message: unknown): void => void heard.push(message)
  subscribe('mayfly', listener)
  const observe = publishEvents('scripted', ({ type }) => void handed.push(type))
  await new TokenManager(new ScriptedSource({ clock }), { clock, observe }).getToken()
  unsubscribe('mayfly', listener)
  expect(heard).toMatchObject([{ source: 'scripted', event: { type: 'mint', reason: 'cold' } }])
  expect(handed).toEqual(['mint'])
})

it('hands events on while nobody listens', () => {
  const handed: string[] = []
  publishEvents('quiet', ({ type }) => void handed.push(type))({ type: 'mint' })
  expect(handed).toEqual(['mint'])
})
