import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { hasChromium } from '../../../scripts/servers/chromium.ts'
import { APPS } from './apps.ts'
import { Bench, Shared } from './bench.ts'
import { cookieCases, elementCases } from './cases/elements.ts'
import { eventCases } from './cases/events.ts'
import { fetchCases } from './cases/fetch.ts'
import { fieldCases } from './cases/fields.ts'
import { webSocketCases } from './cases/websocket.ts'

describe.skipIf(!hasChromium())('In a browser', () => {
  const shared = new Shared()
  beforeAll(() => shared.start())
  afterAll(() => shared.close())

  describe.each(APPS)('with an API on %s,', (_, create) => {
    const bench = new Bench(create, shared)
    beforeAll(() => bench.start())
    afterEach(() => bench.tidy())
    afterAll(() => bench.close())

    describe('fetch', () => fetchCases(bench))
    describe('the fields of a request', () => fieldCases(bench))
    describe('what is no script', () => elementCases(bench))
    describe('a cookie', () => cookieCases(bench))
    describe('a WebSocket', () => webSocketCases(bench))
    describe('a stream of events', () => eventCases(bench))
  })
})
