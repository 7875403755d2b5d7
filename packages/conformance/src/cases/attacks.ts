import { deepEqual, equal, ok } from 'node:assert/strict'
import { TokenVerifier } from '@mayfly/core'
import type { TokenAttack } from '../attacks/attack.ts'
import { type Attacks, createAttacks } from '../attacks/attacks.ts'
import { ATTACK_TOPICS, type AttackTopic } from '../attacks/topics.ts'
import type { Bench, Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNowhere, assertRefused } from '../expectations.ts'
import { createTrap } from '../handlers.ts'
import { sendRaw } from '../http-client.ts'

/** What may stand behind "Bearer " (RFC 6750 section 2.1). Anything else is a malformed request. */
const B64TOKEN = /^[\w.~+/-]+=*$/

/** Node takes 16 KiB of header fields. */
const MAX_HEAD = 15_000

/** Lists the tokens that nobody may accept, sent as they are. The cases share the victim's keys. */
export function attackCases(): readonly CaseDefinition[] {
  let target: Attacks | undefined
  return ATTACK_TOPICS.map((topic) => ({
    name: `attack: ${topic}`,
    run: (bench) => runAttacks(bench, (target ??= createAttacks({ clock: bench.clock })), topic),
  }))
}

async function runAttacks<Middleware>(
  bench: Bench<Middleware>,
  target: Attacks,
  topic: AttackTopic,
): Promise<void> {
  const attacks = target.attacks.filter((one) => one.topic === topic)
  ok(attacks.length > 0, 'there is nothing to attack with')
  const trap = createTrap()
  const routes = attacks.map(({ options }, index) => ({
    path: `/${index}`,
    middleware: [bench.adapter.bearerAuth(aim(bench, target, options))],
    handle: trap.handle,
  }))
  const middleware = [bench.adapter.bearerAuth(aim(bench, target))]
  await using site = await bench.open(...routes, {
    path: '/good',
    middleware,
    handle: trap.handle,
  })
  for (const [index, one] of attacks.entries()) await assertWard(site, `/${index}`, one)
  equal(trap.reached, 0, 'what stands behind was reached')
  deepEqual(site.errors, [], 'a bad token is no error of the application')
  for (const token of target.good) equal((await site.get('/good', token)).status, 200)
}

function aim<Middleware>(
  { clock }: Bench<Middleware>,
  { issuer, audience, keys, algorithms }: Attacks,
  options?: TokenAttack['options'],
): TokenVerifier {
  return new TokenVerifier({ issuer, audience, keys, algorithms, clock, ...options })
}

async function assertWard(site: Site, path: string, attack: TokenAttack): Promise<void> {
  const { token, name, reason } = attack
  if (!B64TOKEN.test(token) || token.length > MAX_HEAD) {
    const fields = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n`
    const status = await sendRaw(site.origin, `GET ${path} HTTP/1.1\r\n${fields}\r\n`)
    ok(token.length > MAX_HEAD ? [0, 431].includes(status) : status === 400, `${name}: ${status}`)
    return
  }
  const answer = await site.get(path, token)
  equal(answer.status, 401, name)
  assertRefused(answer, { status: 401, reason, error: 'invalid_token' })
  for (const part of token.split('.').filter(({ length }) => length > 8)) {
    assertNowhere(answer, part)
  }
}
