import { EventEmitter } from 'node:events'
import { RequestError } from '@mayfly/core'
import {
  type GuardVerifier,
  UpgradeGuard,
  type UpgradeOptions,
  type UpgradeRequest,
  type UpgradeSocket,
} from '@mayfly/core/adapter'
import { describe, expect, it, vi } from 'vitest'
import { bench } from '../../support/inbound.ts'

const { verifier, sign } = await bench()
const bound = { checksOrigin: true, verify: verifier.verify.bind(verifier) }

/** A connection that writes down what is done to it. */
class Connection extends EventEmitter implements UpgradeSocket {
  destroyed = false
  writable = true
  written = ''
  bytesWritten = 0

  resume(): void {}

  end(text: string): void {
    this.written += text
    this.writable = false
    this.emit('settled')
  }

  destroy(): void {
    this.destroyed = true
    this.emit('settled')
    this.emit('close')
  }
}

type Fields = Readonly<Record<string, string>>

function upgradeRequest(fields: Fields): UpgradeRequest {
  const headers: Record<string, string | string[] | undefined> = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
    ...fields,
  }
  return {
    method: 'GET',
    url: '/',
    headers,
    rawHeaders: Object.entries(headers).flat().map(String),
  }
}

/** Sends one upgrade, and waits until it is accepted or the connection is over. */
async function upgrade(
  told: { verifier?: GuardVerifier<unknown>; options?: UpgradeOptions; accept?: () => void },
  fields: Fields,
): Promise<Connection> {
  const connection = new Connection()
  const guard = new UpgradeGuard(told.verifier ?? verifier, told.options)
  await new Promise<void>((resolve) => {
    connection.once('settled', resolve)
    guard.handle(upgradeRequest(fields), connection, () => {
      told.accept?.()
      resolve()
    })
  })
  await new Promise(setImmediate)
  return connection
}

describe('An upgrade guard', () => {
  it.each<[what: string, options: object, option: string]>([
    ['a misspelt option', { optinal: true }, 'optinal'],
    ['an option for preflights, which are none', { preflight: 'pass' }, 'preflight'],
    ['a token in a body, which there is none', { tokenFrom: { body: 'token' } }, 'body'],
    ['a token from nowhere', { tokenFrom: { header: false, protocol: false } }, 'tokenFrom'],
    ['a list for places', { tokenFrom: ['header'] }, 'options'],
    ['what cannot be called', { onError: 'log' }, 'onError'],
    ['a cookie without a look at the origin', { tokenFrom: { cookie: 'c' } }, 'tokenFrom.cookie'],
  ])('refuses %s', (_, options, option) => {
    expect(() => new UpgradeGuard(verifier, options)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('takes a cookie with a verifier that looks at the origin', async () => {
    const options = { tokenFrom: { cookie: 'session' } }
    const accept = vi.fn<() => void>()
    const fields = { cookie: `session=${await sign()}`, origin: 'https://app.example.com' }
    await upgrade({ verifier: bound, options, accept }, fields)
    expect(accept).toHaveBeenCalledOnce()
  })

  it('has a token of the list of protocols judged like one of the header: a page cannot slip it in', async () => {
    const verify = vi.fn<typeof bound.verify>(() => Promise.reject(new Error('not judged here')))
    const fields = { 'sec-websocket-protocol': 'orders.v1, bearer.token' }
    const options = { onError: (): void => {} }
    await upgrade({ verifier: { checksOrigin: true, verify }, options }, fields)
    expect(verify).toHaveBeenCalledWith('token', expect.objectContaining({ tokenFrom: 'header' }))
  })

  it.each<[what: string, fields: Fields, reason: string]>([
    ['for its handshake', { 'sec-websocket-version': '8' }, 'request_invalid'],
    ['for its token', {}, 'token_missing'],
  ])('tells its observer of an upgrade that it refused %s', async (_, fields, reason) => {
    const events: unknown[] = []
    const options: UpgradeOptions = { observe: (event) => void events.push(event) }
    await upgrade({ options }, fields)
    expect(events).toEqual([{ type: 'deny', reason }])
  })

  it('looks at the connection of a client that has gone no more', async () => {
    const connection = Object.assign(new Connection(), { writable: false })
    await new Promise<void>((resolve) => {
      connection.once('close', resolve)
      new UpgradeGuard(verifier).handle(upgradeRequest({}), connection, () => {})
    })
    expect([connection.written, connection.destroyed]).toEqual(['', true])
  })

  it('writes an error to the console where nobody else takes it, and goes on', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const failure = new Error('the verifier is broken')
      const broken = { checksOrigin: false, verify: () => Promise.reject(failure) }
      const { written: answer } = await upgrade(
        { verifier: broken },
        { authorization: 'Bearer token' },
      )
      expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/)
      expect(written.mock.calls).toEqual([[failure]])
    } finally {
      written.mockRestore()
    }
  })

  it('survives a failure of whoever takes its errors', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const failure = new Error('the log is full')
      const onError = (): never => {
        throw failure
      }
      const broken = { checksOrigin: false, verify: () => Promise.reject(new Error('broken')) }
      await upgrade({ verifier: broken, options: { onError } }, { authorization: 'Bearer token' })
      expect(written.mock.calls).toEqual([[failure]])
    } finally {
      written.mockRestore()
    }
  })

  it('writes no answer into a WebSocket that was opened before its RequestError was thrown', async () => {
    const onError = vi.fn<(error: Error) => void>()
    const late = new RequestError('ERR_SCOPE', 'Too late.', { reason: 'insufficient_scope' })
    const connection = new Connection()
    const guard = new UpgradeGuard(verifier, { onError })
    const over = new Promise((resolve) => connection.once('close', resolve))
    const fields = { authorization: `Bearer ${await sign()}` }
    guard.handle(upgradeRequest(fields), connection, () => {
      connection.bytesWritten += 129
      throw late
    })
    await over
    await new Promise(setImmediate)
    expect([connection.written, connection.destroyed]).toEqual(['', true])
    expect(onError.mock.calls).toEqual([[late]])
  })

  it.each(['let it through', 'refuse it'])(
    'cuts off an upgrade that two listeners get, and says so, where both would %s',
    async (what) => {
      const onError = vi.fn<(error: Error) => void>()
      const accept = vi.fn<() => void>()
      const connection = new Connection()
      const token = what === 'refuse it' ? 'no-token' : await sign()
      const request = upgradeRequest({ authorization: `Bearer ${token}` })
      for (const guard of [new UpgradeGuard(verifier), new UpgradeGuard(verifier, { onError })]) {
        guard.handle(request, connection, accept)
      }
      await new Promise(setImmediate)
      expect([connection.written, connection.destroyed]).toEqual(['', true])
      expect(accept).not.toHaveBeenCalled()
      expect(onError).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ message: expect.stringContaining('one listener') }),
      )
    },
  )

  it('lets an upgrade that it let through be judged by a guard behind', async () => {
    const [first, second, accept] = [
      new UpgradeGuard(verifier),
      new UpgradeGuard(verifier),
      vi.fn<() => void>(),
    ]
    const request = upgradeRequest({ authorization: `Bearer ${await sign()}` })
    const connection = new Connection()
    await new Promise<void>((resolve) => {
      first.handle(request, connection, () => {
        second.handle(request, connection, () => {
          accept()
          resolve()
        })
      })
    })
    expect(accept).toHaveBeenCalledOnce()
    expect(connection.destroyed).toBe(false)
  })

  it('hands on as an error what is thrown that is none', async () => {
    const onError = vi.fn<(error: Error) => void>()
    const broken = { checksOrigin: false, verify: () => Promise.reject(undefined) }
    await upgrade({ verifier: broken, options: { onError } }, { authorization: 'Bearer token' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(Error))
  })

  it('offers the way out when a token stands alone in the list of protocols', async () => {
    const fields = { 'sec-websocket-protocol': `bearer.${await sign()}` }
    const { written } = await upgrade({}, fields)
    expect(written).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(written).toContain("Offer your application's protocol beside the token")
  })
})
