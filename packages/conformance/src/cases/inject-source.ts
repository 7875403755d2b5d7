import { deepEqual, equal, ok } from 'node:assert/strict'
import { RequestError } from '@mayfly/core'
import type { CaseDefinition } from '../define.ts'
import type { ChooseSource } from '../driver.ts'
import { assertNowhere, assertProblem } from '../expectations.ts'
import { answerRequest, createTrap } from '../handlers.ts'
import { forwarded, numberedSource, tokenSeen, UPSTREAM } from '../sources.ts'
import { valuesOf } from '../upstream.ts'

function throwing(error: Error): ChooseSource {
  return () => {
    throw error
  }
}

/** Where `injectBearer` has its tokens from, and that they arrive. */
export const injectSourceCases: readonly CaseDefinition[] = [
  {
    name: 'injectBearer asks a function which source a request is for, every time',
    async run({ adapter, clock, open }) {
      const [a, b] = [numberedSource(clock, UPSTREAM, 'a'), numberedSource(clock, UPSTREAM, 'b')]
      let turn = 0
      const choose = async () => (turn++ % 2 === 0 ? a : b)
      const middleware = [adapter.injectBearer(choose, { clock })]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      const seen = []
      for (let count = 0; count < 4; count++) seen.push(await tokenSeen(site, '/x'))
      deepEqual(seen, ['Bearer a-1', 'Bearer b-1', 'Bearer a-2', 'Bearer b-2'])
    },
  },
  {
    name: 'injectBearer answers the refusal of that function, and forwards nothing',
    async run({ adapter, clock, open }) {
      const unknown = new RequestError('ERR_REQUEST_INVALID', 'There is no such tenant.', {
        reason: 'request_invalid',
        status: 404,
      })
      const failure = new Error('the table of tenants is gone')
      const trap = createTrap()
      await using site = await open(
        {
          path: '/refused',
          middleware: [adapter.injectBearer(throwing(unknown), { clock })],
          handle: trap.handle,
        },
        {
          path: '/broken',
          middleware: [adapter.injectBearer(throwing(failure), { clock })],
          handle: trap.handle,
        },
      )
      const answer = await site.get('/refused', 'callers-own')
      equal(answer.status, 404)
      assertProblem(answer, 'request_invalid')
      equal((await site.get('/broken', 'callers-own')).status, 500)
      ok(site.errors.length === 1 && site.errors[0] === failure)
      equal(trap.reached, 0, 'what stands behind was reached')
    },
  },
  {
    name: 'injectBearer lets no caller have the token dropped on its way',
    async run({ adapter, clock, open }) {
      const middleware = [adapter.injectBearer(numberedSource(clock, UPSTREAM), { clock })]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      // A proxy takes off what this field lists (RFC 9110 section 7.6.1).
      const answer = await site.get('/x', 'callers-own', [['Connection', 'close, Authorization']])
      assertNowhere(answer, 'callers-own')
      const { headers, rawHeaders } = forwarded(answer)
      const listed = [headers['connection'] ?? '', ...valuesOf(rawHeaders, 'connection')]
      ok(!listed.some((value) => /authorization/i.test(value)), 'Connection lists Authorization')
      deepEqual(valuesOf(rawHeaders, 'authorization'), ['Bearer token-1'])
    },
  },
]
