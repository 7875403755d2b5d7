import { KeyRing, TokenIssuer, TokenVerifier } from '@mayfly/core'
import { type Ledger, ledgerState, openLedger } from '@mayfly/service'
import { FakeClock } from '@mayfly/testing'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { tokenRecord } from './records.ts'

let clock: FakeClock
let ledger: Ledger
let issuer: TokenIssuer
let verifier: TokenVerifier

beforeEach(async () => {
  clock = new FakeClock()
  ledger = await openLedger({ database: ':memory:', clock })
  onTestFinished(() => ledger.close())
  const state = ledgerState(ledger, { clock })
  const keys = await KeyRing.create({ clock })
  issuer = new TokenIssuer({
    issuer: 'https://a.example',
    keys,
    clock,
    generations: state.generations,
  })
  verifier = new TokenVerifier({
    issuer: 'https://a.example',
    audience: null,
    keys,
    clock,
    ...state,
  })
})

async function issueRecorded(): Promise<{ value: string; tokenId: string }> {
  const { value, tokenId } = await issuer.issue({ subject: 'alice', expiresIn: 300 })
  await ledger.record(tokenRecord(tokenId))
  return { value, tokenId }
}

it('lets a verifier refuse what was revoked in the ledger, from one moment to the next', async () => {
  const { value, tokenId } = await issueRecorded()
  await verifier.verify(value)
  await ledgerState(ledger, { clock }).revocations.revoke(tokenId, 0)
  expect((await ledger.findByTokenId('token', tokenId))?.revokedAt).toBe(clock.now() / 1000)
  await expect(verifier.verify(value)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
})

it('lets a verifier refuse what the ledger has never recorded', async () => {
  const { value } = await issuer.issue({ subject: 'alice', expiresIn: 300 })
  await expect(verifier.verify(value)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' })
})

it('lets a verifier refuse older generations', async () => {
  const before = await issueRecorded()
  expect(await ledgerState(ledger).generations.bump('alice')).toBe(1)
  const after = await issueRecorded()
  await expect(verifier.verify(before.value)).rejects.toMatchObject({
    code: 'ERR_TOKEN_SUPERSEDED',
  })
  await verifier.verify(after.value)
})

it('lets nobody pass while the ledger fails', async () => {
  const { value } = await issueRecorded()
  await ledger.close()
  await expect(verifier.verify(value)).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
    status: 503,
  })
})
