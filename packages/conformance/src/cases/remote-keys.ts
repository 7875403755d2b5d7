import { deepEqual, equal, match } from 'node:assert/strict'
import { startJwksServer } from '@mayfly/sandboxes'
import { AUDIENCE } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'

/** What becomes of tokens whose keys have to be fetched. */
export const remoteKeysCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth answers 503 and when to come back while keys cannot be had, and no longer',
    async run({ adapter, verifier, clock, open }) {
      await using server = await startJwksServer({ clock, audience: AUDIENCE })
      const { issuer } = server
      const middleware = [adapter.bearerAuth(verifier({ issuer, keys: { issuer } }))]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      server.down()
      const refused = await site.get('/me', server.mint())
      assertRefused(refused, { status: 503, reason: 'keys_unavailable' })
      match(refused.headers['retry-after'] ?? '', /^[1-9]\d*$/, 'it says when to come back')
      deepEqual(site.errors, [], 'an outage elsewhere is no error of the application')
      server.up()
      clock.advanceSeconds(Number(refused.headers['retry-after']))
      equal((await site.get('/me', server.mint())).status, 200)
    },
  },
]
