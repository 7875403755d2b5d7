import { EventEmitter, once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Clock, closeAt } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { NOW } from '../support/inbound.ts'
import { runProgram } from '../support/child.ts'

/** A WebSocket that writes down what is done to it. */
class WebSocketLike extends EventTarget {
  readonly done: unknown[] = []
  readyState = 1

  close(...args: readonly unknown[]): void {
    this.done.push(args)
  }

  terminate(): void {
    this.done.push('terminated')
    this.leave()
  }

  leave(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

/** A stream of Node's, by its outside. */
function stream(): EventEmitter & { done: string[]; end(): void; destroy(): void } {
  const done: string[] = []
  return Object.assign(new EventEmitter(), {
    done,
    end: () => void done.push('ended'),
    destroy: () => void done.push('destroyed'),
  })
}

const DAY = 86_400

describe('closeAt', () => {
  it('closes a WebSocket the moment that its token expires, and says why', () => {
    const [clock, connection] = [new FakeClock(), new WebSocketLike()]
    closeAt(NOW + 300, connection, { clock })
    clock.advance(299_999)
    expect(connection.done).toEqual([])
    clock.advance(1)
    expect(connection.done).toEqual([[3000, 'token_expired']])
  })

  it('disconnects a socket of Socket.IO, and forgets one that has left', () => {
    const clock = new FakeClock()
    const session = (): EventEmitter & { done: unknown[]; disconnect(close?: boolean): void } => {
      const done: unknown[] = []
      return Object.assign(new EventEmitter(), {
        done,
        disconnect: (close?: boolean) => void done.push(close),
      })
    }
    const [due, left, renewed] = [session(), session(), session()]
    closeAt(NOW + 300, due, { clock })
    closeAt(NOW + 300, left, { clock })
    closeAt(NOW + 300, renewed, { clock })()
    expect(renewed.listenerCount('disconnect')).toBe(0)
    left.emit('disconnect', 'transport close')
    clock.advanceSeconds(299)
    expect(due.done).toEqual([])
    clock.advanceSeconds(1)
    expect([due.done, left.done, renewed.done]).toEqual([[true], [], []])
  })

  it('says what it is told to say', () => {
    const [clock, connection] = [new FakeClock(), new WebSocketLike()]
    closeAt(NOW + 1, connection, { clock, code: 4401, reason: 'sign in again' })
    clock.advanceSeconds(1)
    expect(connection.done).toEqual([[4401, 'sign in again']])
  })

  it('cuts off a client that does not close its side', () => {
    const [clock, connection, response] = [new FakeClock(), new WebSocketLike(), stream()]
    closeAt(NOW + 1, connection, { clock })
    closeAt(NOW + 1, response, { clock, graceMs: 500 })
    clock.advanceSeconds(1)
    clock.advance(499)
    expect(response.done).toEqual(['ended'])
    clock.advance(1)
    expect(response.done).toEqual(['ended', 'destroyed'])
    clock.advance(1499)
    expect(connection.done).toHaveLength(1)
    clock.advance(1)
    expect(connection.done).toEqual([[3000, 'token_expired'], 'terminated'])
  })

  it('cuts off a connection that fails to close, and throws nothing where nobody could take it', () => {
    const [clock, connection] = [new FakeClock(), new WebSocketLike()]
    connection.close = () => {
      throw new Error('not now')
    }
    closeAt(NOW + 1, connection, { clock })
    clock.advanceSeconds(1)
    expect(connection.done).toEqual(['terminated'])
    clock.advanceSeconds(10)
    expect(connection.done).toEqual(['terminated'])
  })

  it('does not cut off a client that closes its side in time', () => {
    const [clock, connection, response] = [new FakeClock(), new WebSocketLike(), stream()]
    closeAt(NOW + 1, connection, { clock })
    closeAt(NOW + 1, response, { clock })
    clock.advanceSeconds(1)
    connection.leave()
    response.emit('close')
    clock.advanceSeconds(10)
    expect(connection.done).toHaveLength(1)
    expect(response.done).toEqual(['ended'])
  })

  it('closes at once where the token has expired already', () => {
    const [clock, response] = [new FakeClock(), stream()]
    closeAt(NOW, response, { clock })
    expect(response.done).toEqual(['ended'])
  })

  it('never closes for a token without an exp', () => {
    const [clock, response] = [new FakeClock(), stream()]
    closeAt(undefined, response, { clock })
    clock.advanceSeconds(1000 * DAY)
    expect(response.done).toEqual([])
    expect(response.listenerCount('close')).toBe(0)
  })

  it('leaves a connection alone that has been closed', () => {
    const [clock, before, after] = [new FakeClock(), new WebSocketLike(), new WebSocketLike()]
    before.leave()
    closeAt(NOW + 1, before, { clock })
    closeAt(NOW + 1, after, { clock })
    after.leave()
    const response = Object.assign(stream(), { destroyed: true })
    closeAt(NOW + 1, response, { clock })
    clock.advanceSeconds(10)
    expect([before.done, after.done, response.done]).toEqual([[], [], []])
  })

  it('can be called off and set anew as often as a client renews its token', () => {
    const [clock, response] = [new FakeClock(), stream()]
    let callOff = closeAt(NOW + 300, response, { clock })
    for (let renewals = 1; renewals <= 20; renewals += 1) {
      clock.advanceSeconds(200)
      callOff()
      callOff = closeAt(NOW + renewals * 200 + 300, response, { clock })
    }
    expect(response.done).toEqual([])
    expect(response.listenerCount('close')).toBe(1)
    clock.advanceSeconds(300)
    expect(response.done).toEqual(['ended'])
  })

  it('cuts off all the same when it is called off too late', () => {
    const [clock, connection] = [new FakeClock(), new WebSocketLike()]
    const callOff = closeAt(NOW + 1, connection, { clock })
    clock.advanceSeconds(1)
    callOff()
    clock.advanceSeconds(2)
    expect(connection.done).toContain('terminated')
  })

  it('waits months for a token of months, in steps that every timer can count', () => {
    const [inner, response, steps] = [new FakeClock(), stream(), [] as number[]]
    const clock: Clock = {
      now: () => inner.now(),
      timeout: (ms) => {
        steps.push(ms)
        return inner.timeout(ms)
      },
    }
    closeAt(NOW + 100 * DAY, response, { clock })
    inner.advanceSeconds(100 * DAY - 1)
    expect(response.done).toEqual([])
    inner.advanceSeconds(1)
    expect(response.done).toEqual(['ended'])
    expect(Math.max(...steps)).toBeLessThan(2 ** 31)
  })

  it('goes by the time of day where the clock was set or the machine slept', () => {
    const [clock, early, late] = [new FakeClock(), stream(), stream()]
    closeAt(NOW + 300, early, { clock })
    clock.set((NOW - 100) * 1000)
    clock.advanceSeconds(300)
    expect(early.done).toEqual([])
    clock.advanceSeconds(100)
    expect(early.done).toEqual(['ended'])

    closeAt(NOW + 30 * DAY, late, { clock })
    clock.set((NOW + 31 * DAY) * 1000)
    clock.advanceSeconds(600)
    expect(late.done).toEqual(['ended'])
  })

  it('keeps no process alive, however far off the end is, and warns of nothing', async () => {
    const { code, output } = await runProgram(`
      import { closeAt } from '@mayfly/core'
      process.on('warning', ({ name }) => console.log(name))
      const connection = { close: () => console.log('closed') }
      closeAt(Date.now() / 1000 + 90 * 86_400, connection)
      setImmediate(() => setImmediate(() => console.log('at rest')))
    `)
    expect([code, output]).toEqual([0, 'at rest\n'])
  })

  it('takes fractions of a millisecond, which the machine’s timers do not', async () => {
    const { code, output } = await runProgram(`
      import { closeAt } from '@mayfly/core'
      const keepAlive = setInterval(() => {}, 1000)
      const connection = { close: () => console.log('closed'), terminate: () => {
        console.log('cut off')
        clearInterval(keepAlive)
      } }
      closeAt(Date.now() / 1000 + 0.0015, connection, { graceMs: 0.5 })
    `)
    expect([code, output]).toEqual([0, 'closed\ncut off\n'])
  })

  it('ends an event stream that a client listens to', async () => {
    const clock = new FakeClock()
    const server = createServer((_, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: one\n\n')
      closeAt(NOW + 300, response, { clock })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const [answer] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
    clock.advanceSeconds(300)
    expect(await text(answer)).toBe('data: one\n\n')
    server.close()
    server.closeAllConnections()
  })

  it('has an event that is written too late harm nobody', async () => {
    const { code, output } = await runProgram(`
      import { createServer, get } from 'node:http'
      import { PassThrough, pipeline } from 'node:stream'
      import { closeAt } from '@mayfly/core'
      const server = createServer((request, response) => {
        const events = request.url === '/piped' ? new PassThrough() : response
        if (events !== response) pipeline(events, response, () => {})
        events.write('one')
        closeAt(0, events)
        events.write('two')
        setImmediate(() => events.write('three'))
      }).listen(0, '127.0.0.1', async () => {
        const { port } = server.address()
        for (const path of ['/', '/piped']) {
          const answer = new Promise((resolve) => get({ host: '127.0.0.1', port, path }, resolve))
          let text = ''
          try {
            for await (const chunk of await answer) text += chunk
          } catch {}
          console.log(path, text.includes('two') || text.includes('three'))
        }
        server.close()
        server.closeAllConnections()
      })
    `)
    expect([code, output]).toEqual([0, '/ false\n/piped false\n'])
  })

  it.each<[what: string, at: unknown, connection: unknown, options: object, option: string]>([
    ['milliseconds for seconds', NOW * 1000, stream(), {}, 'expiresAt'],
    ['no number', '2024-01-01', stream(), {}, 'expiresAt'],
    ['no finite number', Number.NaN, stream(), {}, 'expiresAt'],
    ['nothing that can be closed', NOW, {}, {}, 'connection'],
    ['no connection', NOW, undefined, {}, 'connection'],
    ['a code that no server may send', NOW, new WebSocketLike(), { code: 1006 }, 'code'],
    ['a code that is none', NOW, new WebSocketLike(), { code: 5000 }, 'code'],
    ['a code between two', NOW, new WebSocketLike(), { code: 3000.5 }, 'code'],
    ['a reason that is too long', NOW, new WebSocketLike(), { reason: 'ü'.repeat(62) }, 'reason'],
    ['an unknown option', NOW, stream(), { grace: 1 }, 'grace'],
    ['a grace that never ends', NOW, stream(), { graceMs: Infinity }, 'graceMs'],
  ])('refuses %s', (_, at, connection, options, option) => {
    expect(() => closeAt(at as number, connection as WebSocketLike, options)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })
})
