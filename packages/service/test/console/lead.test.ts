import { expect, it } from 'vitest'
import { openService } from '../support/service.ts'

it('leads a browser from / to the console, and nobody else', async () => {
  const { url, ask } = await openService()
  const page = { headers: { accept: 'text/html,*/*' }, redirect: 'manual' } as const
  const led = await fetch(`${url}/`, page)
  expect([led.status, led.headers.get('location')]).toStrictEqual([302, './console/'])
  expect((await fetch(`${url}/?a=1`, page)).status).toBe(302)
  expect((await fetch(`${url}/other`, page)).status).toBe(404)
  expect((await ask('/', { headers: { accept: 'application/json' } })).status).toBe(404)
})
