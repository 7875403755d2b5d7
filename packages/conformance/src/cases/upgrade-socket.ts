import { setImmediate as nextTurn } from 'node:timers/promises'
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { MemoryOneTimeGuard } from '@mayfly/core'
import { compileScopeCheck, type GuardVerifier } from '@mayfly/core/adapter'
import { type Bench, bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertProblem, assertRefused } from '../expectations.ts'
import { createGate, type Gate } from '../gate.ts'
import type { Fields } from '../http-client.ts'
import { type SentUpgrade, textFrame } from '../upgrade-client.ts'
import { openUpgrades, type UpgradeSite } from '../upgrades.ts'

/** More than the buffers of two sockets hold. */
const FLOOD_BYTES = 16 * 1024 * 1024

/** A WebSocket's state once it has said goodbye (RFC 6455 section 7.1.3). */
const CLOSING = 2

const KEY = 'AQIDBAUGBwgJCgsMDQ4PEA=='

/** Upgrades that are no handshake of a WebSocket, and the status of each. */
const MALFORMED: readonly (readonly [sent: SentUpgrade, status: number])[] = [
  [{ method: 'POST' }, 405],
  [{ fields: [['Upgrade', 'h2c']] }, 426],
  [{ fields: [['Sec-WebSocket-Version', '8']] }, 426],
  [{ fields: [['Sec-WebSocket-Version', '14']] }, 426],
  [{ without: ['sec-websocket-version'] }, 426],
  [{ without: ['sec-websocket-key'] }, 400],
  [{ fields: [['Sec-WebSocket-Key', 'too-short']] }, 400],
  [
    {
      fields: [
        ['Sec-WebSocket-Key', KEY],
        ['Sec-WebSocket-Key', KEY],
      ],
    },
    400,
  ],
  [{ fields: [['Sec-WebSocket-Protocol', 'orders v1']] }, 400],
  [{ fields: [['Sec-WebSocket-Protocol', 'orders.v1,,orders.v2']] }, 400],
  [{ fields: [['Sec-WebSocket-Protocol', 'orders.v1, orders.v1']] }, 400],
  [{ fields: [['Sec-WebSocket-Protocol', '']] }, 400],
  [{ fields: [['Sec-WebSocket-Protocol', '"orders.v1"']] }, 400],
]

/** What becomes of the connection of an upgrade. */
export const upgradeSocketCases: readonly CaseDefinition[] = [
  {
    name: 'a WebSocket ends when its token does',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const token = bench.issuer.mint({ lifetime: 300 })
      await using client = await upgrades.connect({ fields: bearer(token) })
      equal((await client.next()).kind, 'text')
      bench.clock.advanceSeconds(299)
      client.socket.write(textFrame('still here'))
      deepEqual(await client.next(), { kind: 'text', text: 'You said still here' })
      bench.clock.advanceSeconds(1)
      equal(upgrades.accepted[0]?.webSocket.readyState, CLOSING)
      deepEqual(await client.next(), { kind: 'close', code: 3000, reason: 'token_expired' })
      await client.end()
    },
  },
  {
    name: 'a WebSocket whose client does not say goodbye is cut off soon after its token has ended',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const token = bench.issuer.mint({ lifetime: 300 })
      await using client = await upgrades.connect({ fields: bearer(token) })
      await client.next()
      bench.clock.advanceSeconds(300)
      equal(upgrades.accepted[0]?.webSocket.readyState, CLOSING)
      bench.clock.advance(2000)
      await client.end()
    },
  },
  {
    name: 'what a client sends before its upgrade is let through is not lost',
    async run(bench) {
      const { gate, verifier } = createSlowVerifier(bench)
      await using upgrades = await openUpgrades(bench, { verifier })
      await using client = await upgrades.connect({
        fields: bearer(bench.issuer.mint({ claims: { sub: 'alice' } })),
        early: textFrame('one'),
        meanwhile: (socket) => {
          void gate.reached.then(() => socket.write(textFrame('two'), () => gate.open()))
        },
      })
      client.socket.write(textFrame('three'))
      const heard: string[] = []
      while (heard.at(-1) !== 'You said three') {
        const frame = await client.next()
        heard.push(frame.kind === 'text' ? frame.text : frame.reason)
      }
      deepEqual(heard, ['Hello alice', 'You said one', 'You said two', 'You said three'])
    },
  },
  {
    name: 'a client that goes on sending gets the refusal whole all the same',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      await using client = await upgrades.connect({
        fields: bearer(bench.issuer.mint({ fault: 'expired' })),
        early: Buffer.alloc(FLOOD_BYTES),
      })
      const expired = { status: 401, reason: 'token_expired', error: 'invalid_token' } as const
      assertRefused(client.answer, expired)
      await client.written
    },
  },
  {
    name: 'a client that never stops sending is cut off after its refusal',
    async run(bench) {
      await using upgrades = await openUpgrades(bench)
      const connection = nextConnection(upgrades)
      await using client = await upgrades.connect({ staysOpen: true })
      equal(client.answer.status, 401)
      const socket = await connection
      equal(socket.destroyed, false)
      bench.clock.advance(5000)
      equal(socket.destroyed, true, 'the connection is still there')
    },
  },
  {
    name: 'a malformed upgrade is refused before its token is looked at',
    async run(bench) {
      const verifier = bench.verifier({ once: new MemoryOneTimeGuard({ clock: bench.clock }) })
      await using upgrades = await openUpgrades(bench, { verifier })
      const token = bench.issuer.mint({ claims: { jti: 'once', sub: 'alice' } })
      for (const [sent, status] of MALFORMED) {
        const fields = [...bearer(token), ...(sent.fields ?? [])]
        await using client = await upgrades.connect({ ...sent, fields })
        equal(client.answer.status, status, JSON.stringify(sent))
        assertProblem(client.answer, 'request_invalid')
        if (status !== 426) continue
        deepEqual(
          [client.answer.headers.upgrade, client.answer.headers.connection],
          ['websocket', 'close, upgrade'],
        )
      }
      equal(upgrades.accepted.length, 0)
      await using good = await upgrades.connect({ fields: bearer(token) })
      equal(good.answer.status, 101, 'the token was used up by an upgrade that came to nothing')
    },
  },
  {
    name: 'a client that goes away while its token is verified harms nobody',
    async run(bench) {
      const { gate, verifier } = createSlowVerifier(bench)
      let accepted = 0
      const beforeAccept = (): void => void (accepted += 1)
      await using upgrades = await openUpgrades(bench, { verifier, beforeAccept })
      const token = bench.issuer.mint()
      const closed = nextConnection(upgrades).then((socket) => socketClosed(socket))
      const leave = (socket: Socket): void => {
        void gate.reached.then(() => socket.resetAndDestroy())
      }
      await rejects(upgrades.connect({ fields: bearer(token), meanwhile: leave }))
      await closed
      gate.open()
      await using client = await upgrades.connect({ fields: bearer(token) })
      equal(client.answer.status, 101)
      deepEqual([accepted, upgrades.errors], [1, []])
    },
  },
  {
    name: 'a RequestError where the upgrade would be accepted is the answer',
    async run(bench) {
      const check = compileScopeCheck(['orders:read'])
      const accept = (auth: Parameters<typeof check>[0]): void => {
        const refusal = check(auth)
        if (refusal !== undefined) throw refusal
      }
      await using upgrades = await openUpgrades(bench, { beforeAccept: accept })
      const mint = (scope: string): Fields => bearer(bench.issuer.mint({ claims: { scope } }))
      await using refused = await upgrades.connect({ fields: mint('orders:write') })
      const reason = 'insufficient_scope'
      assertRefused(refused.answer, { status: 403, reason, error: reason })
      await using client = await upgrades.connect({ fields: mint('orders:read') })
      deepEqual([client.answer.status, upgrades.errors], [101, []])
    },
  },
  {
    name: 'an unexpected error is reported, and the connection does not stay open',
    async run(bench) {
      const failure = new Error('the verifier is broken')
      const broken = { checksOrigin: false, verify: () => Promise.reject(failure) }
      const fields = bearer(bench.issuer.mint())
      await using upgrades = await openUpgrades(bench, { verifier: broken })
      await using client = await upgrades.connect({ fields })
      deepEqual([client.answer.status, client.answer.text], [500, ''])
      ok(upgrades.errors.length === 1 && upgrades.errors[0] === failure)

      const thrown = new Error('thrown behind')
      const beforeAccept = (): never => {
        throw thrown
      }
      await using others = await openUpgrades(bench, { beforeAccept })
      await rejects(others.connect({ fields }))
      ok(others.errors.length === 1 && others.errors[0] === thrown)
    },
  },
]

/** The server's side of the next upgrade. */
function nextConnection({ site }: UpgradeSite): Promise<Duplex> {
  return new Promise((resolve) => {
    site.server.once('upgrade', (_: unknown, socket: Duplex) => resolve(socket))
  })
}

function socketClosed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

interface SlowVerifier {
  readonly gate: Gate
  readonly verifier: GuardVerifier<unknown>
}

function createSlowVerifier<Middleware>(bench: Bench<Middleware>): SlowVerifier {
  const [gate, inner] = [createGate(), bench.verifier()]
  const verify = async (token: string): ReturnType<typeof inner.verify> => {
    await gate.pass()
    // What was sent meanwhile reaches a socket that reads, also where the token is judged at once.
    for (let turn = 0; turn < 5; turn += 1) await nextTurn()
    return inner.verify(token)
  }
  return { gate, verifier: { checksOrigin: false, verify } }
}
