import { type KeyErrorCode, KeyError, RequestError } from '@mayfly/core'
import { type JwksServer, type KeysResponse, startJwksServer } from '@mayfly/sandboxes'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { lasting, type RemoteBench, remoteBench, requested } from '../../support/remote.ts'

interface BadAnswer {
  readonly name: string
  readonly code: KeyErrorCode
  /** What the message says, beside where it happened. */
  readonly says: RegExp
  readonly spoil: (server: JwksServer) => void
  /** It never ends by itself. */
  readonly hangs?: true
}

function answering(
  name: string,
  answer: KeysResponse,
  expected: [KeyErrorCode, RegExp],
): BadAnswer {
  const [code, says] = expected
  return { name, code, says, spoil: (server) => server.answerKeysWith(answer) }
}

const FETCH = 'ERR_KEYS_FETCH'
const FORMAT = 'ERR_KEYS_FORMAT'
const NO_SET: [KeyErrorCode, RegExp] = [FORMAT, /answered with no JWK set/]
const keys = Array.from({ length: 501 }, () => ({}))

const BAD_ANSWERS: readonly BadAnswer[] = [
  answering('204', 'no-content', [FETCH, /answered 204/]),
  answering('HTML', 'html', NO_SET),
  answering('a huge set', 'huge', [FETCH, /more than 1 MiB/]),
  answering('404', { status: 404, body: { keys: [] } }, [FETCH, /answered 404/]),
  answering('500', { status: 500 }, [FETCH, /answered 500/]),
  answering('nothing', { status: 200 }, NO_SET),
  answering('null', { status: 200, body: null }, NO_SET),
  answering('a list', { status: 200, body: [] }, NO_SET),
  answering('an object without keys', { status: 200, body: {} }, NO_SET),
  answering('keys that are no list', { status: 200, body: { keys: {} } }, NO_SET),
  answering('two lists', { status: 200, body: '{"keys":[],"keys":[]}' }, NO_SET),
  answering('50 kB of [', { status: 200, body: '['.repeat(50_000) }, NO_SET),
  answering('more keys than anybody has', { status: 200, body: { keys } }, [FORMAT, /at most 500/]),
  {
    name: 'a truncated set',
    code: FORMAT,
    says: /answered with no JWK set/,
    spoil: (server) => server.spoilNext(1, 'malformed'),
  },
  {
    name: 'an answer that breaks off',
    code: FETCH,
    says: /broke off/,
    spoil: (server) => server.spoilNext(1, 'cut'),
  },
  {
    name: 'an answer without end',
    code: FETCH,
    says: /more than 1 MiB/,
    spoil: (server) => server.spoilNext(1, 'endless'),
  },
  {
    name: 'an answer that hangs in the middle',
    code: 'ERR_KEYS_TIMEOUT',
    says: /within 5000 ms/,
    spoil: (server) => server.spoilNext(1, 'stalled'),
    hangs: true,
  },
  {
    name: 'an answer that never comes',
    code: 'ERR_KEYS_TIMEOUT',
    says: /within 5000 ms/,
    spoil: (server) => {
      server.beforeAnswer = () => new Promise(() => {})
    },
    hangs: true,
  },
  {
    name: 'a server that is down',
    code: FETCH,
    says: /could not be reached/,
    spoil: (server) => server.down(),
  },
]

function mend(server: JwksServer): void {
  server.answerKeysWith(undefined)
  server.beforeAnswer = undefined
  server.up()
}

/** Lets 5 s go by for an answer that hangs, once it is being waited for. */
async function timed<Value>(
  { server, clock }: RemoteBench,
  { hangs }: BadAnswer,
  run: () => Promise<Value>,
): Promise<Value> {
  const asked = requested(server)
  const running = run()
  if (hangs) {
    await asked
    clock.advance(5000)
  }
  return running
}

describe.each(BAD_ANSWERS)('$name', (bad) => {
  it('at the start is an outage, which ends with the fault', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    bad.spoil(server)
    const error = await timed(bench, bad, () => failure(() => verifier.verify(token)))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      code: 'ERR_KEYS_UNAVAILABLE',
      status: 503,
      reason: 'keys_unavailable',
      headers: { 'retry-after': '1' },
      cause: { code: bad.code, message: expect.stringMatching(bad.says) as string },
    })
    const { cause } = error as RequestError
    expect(cause).toBeInstanceOf(KeyError)
    expect((cause as KeyError).message).toContain(server.jwksUri)
    mend(server)
    expect(await failure(() => verifier.verify(token))).toMatchObject({ status: 503 })
    clock.advance(1000)
    await verifier.verify(token)
  })

  it('later takes no good key away', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events } = bench
    const token = lasting(server)
    await verifier.verify(token)
    bad.spoil(server)
    clock.advance(600_000)
    await timed(bench, bad, () => verifier.verify(token))
    expect(events.at(-2)).toMatchObject({
      type: 'jwks-refresh-failed',
      code: bad.code,
      trigger: 'expired',
      keysLeft: true,
    })
    await verifier.verify(lasting(server))
  })
})

describe('A redirect', () => {
  it('is not followed, whatever is at its end', async () => {
    await using bench = await remoteBench()
    await using other = await startJwksServer({ clock: bench.clock })
    const { server, verifier } = bench
    for (const status of [301, 302, 303, 307, 308]) {
      const end = server.redirect('/keys.json', `${other.jwksUri}?secret=1`, status)
      const error = await failure(() => verifier.warmUp())
      expect(error).toMatchObject({ code: FETCH })
      expect((error as KeyError).message).toContain(`redirects to ${other.origin}. `)
      expect((error as KeyError).message).not.toContain('secret')
      end()
      bench.clock.advance(60_000)
    }
    await verifier.warmUp()
    expect(other.requests).toBe(0)
  })
})

describe('A set with some keys that nobody can use', () => {
  it('is used for the others, and says so', async () => {
    await using bench = await remoteBench()
    const { server, verifier, events } = bench
    const [good] = server.jwks.keys
    const bad = [{ ...good, kid: 'off-curve', x: 'A'.repeat(43) }, { ...good, kid: 7 }, null, 'key']
    server.answerKeysWith({ status: 200, body: { keys: [...bad, good] } })
    await verifier.verify(lasting(server))
    expect(events[0]).toMatchObject({ type: 'jwks-refresh', keys: 1, refused: 2 })
    expect(verifier.health()).toMatchObject({ ready: true, keys: [{ keys: 1, refused: 2 }] })
  })
})
