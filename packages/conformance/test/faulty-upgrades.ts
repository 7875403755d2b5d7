import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GuardVerifier, UpgradeOptions } from '@mayfly/core/adapter'
import type { AdapterExports, DecideUpgrade } from '../src/driver.ts'
import { type FaultyAdapter, SOUND_ADAPTER } from './faulty.ts'
import type { Middleware } from './node-adapter.ts'

type Told = readonly [verifier: GuardVerifier<unknown>, options?: UpgradeOptions | undefined]

/** An adapter whose `upgradeAuth` does something around the sound one. */
function upgrading(
  around: (inner: DecideUpgrade, told: Told) => DecideUpgrade,
): AdapterExports<Middleware> {
  return {
    ...SOUND_ADAPTER,
    upgradeAuth: (...told) => {
      const decide = around(SOUND_ADAPTER.upgradeAuth(...told), told)
      return Object.defineProperty(decide, 'name', { value: 'upgradeAuth' })
    },
  }
}

/** A connection with some of its methods replaced. */
function withMethods(socket: Duplex, methods: Partial<Record<keyof Duplex, unknown>>): Duplex {
  return new Proxy(socket, {
    get: (_, name) => {
      if (Object.hasOwn(methods, name)) return methods[name as keyof Duplex]
      const value: unknown = Reflect.get(socket, name)
      return typeof value === 'function' ? value.bind(socket) : value
    },
  })
}

function withoutField(request: IncomingMessage, name: string): void {
  delete request.headers[name]
  const { rawHeaders } = request
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]?.toLowerCase() === name) rawHeaders.splice(index, 2)
  }
}

/** What `upgradeAuth` may get wrong. */
export const FAULTY_UPGRADES: readonly FaultyAdapter[] = [
  {
    fault: 'lets every upgrade through',
    adapter: upgrading(() => (_request, _socket, accept) => void accept(undefined)),
    foundBy: [
      'upgradeAuth takes a token from the header',
      'upgradeAuth answers an upgrade without a token',
      'optional upgradeAuth lets absent tokens pass',
      'upgradeAuth refuses a bad token',
      'upgradeAuth refuses two tokens',
      'an upgrade without an Origin',
      'a WebSocket ends when its token does',
      'a WebSocket whose client does not say goodbye',
      'a client that never stops sending',
      'a malformed upgrade',
      'an unexpected error is reported',
    ],
  },
  {
    fault: 'leaves the token in the list of protocols',
    adapter: upgrading((inner) => (request, socket, accept) => {
      const { headers } = request
      const list = headers['sec-websocket-protocol']
      inner(request, socket, async (auth) => {
        if (list !== undefined) headers['sec-websocket-protocol'] = list
        await accept(auth)
      })
    }),
    foundBy: [
      'upgradeAuth takes a token out of the list',
      'upgradeAuth never answers with a token',
    ],
  },
  {
    fault: 'forgets the options',
    adapter: upgrading((_, [verifier]) => SOUND_ADAPTER.upgradeAuth(verifier)),
    foundBy: [
      'upgradeAuth takes a token from the query',
      'upgradeAuth answers an upgrade without a token',
    ],
  },
  {
    fault: 'does not show the guard where the page is',
    adapter: upgrading((inner) => (request, socket, accept) => {
      withoutField(request, 'origin')
      inner(request, socket, accept)
    }),
    foundBy: [
      'an origin-bound token opens a WebSocket',
      'a cookie opens no WebSocket',
      'a WebSocket from a sandboxed frame',
      'an upgrade with a malformed Origin',
    ],
  },
  {
    fault: 'reads what comes while it waits',
    adapter: upgrading((inner) => (request, socket, accept) => {
      inner(request, socket.resume(), accept)
    }),
    foundBy: ['what a client sends before its upgrade'],
  },
  {
    fault: 'cuts the connection as soon as the answer is written',
    adapter: upgrading((inner) => (request, socket, accept) => {
      const end = (text: string): unknown => socket.end(text, () => socket.destroy())
      inner(request, withMethods(socket, { end }), accept)
    }),
    foundBy: ['a client that goes on sending'],
  },
  {
    fault: 'waits for ever for a client to go',
    adapter: upgrading((inner) => (request, socket, accept) => {
      inner(request, withMethods(socket, { destroy: () => {} }), accept)
    }),
    foundBy: ['a client that never stops sending'],
  },
  {
    fault: 'verifies the token before it looks at the handshake',
    adapter: upgrading((inner, [verifier]) => (request, socket, accept) => {
      const [, token = ''] = (request.headers.authorization ?? '').split(' ')
      const verified = verifier.verify(token).catch(() => {})
      void verified.then(() => inner(request, socket, accept))
    }),
    foundBy: ['a malformed upgrade'],
  },
  {
    fault: 'takes a client that has gone for an error',
    adapter: upgrading((inner, [, options]) => (request, socket, accept) => {
      socket.on('error', (error) => options?.onError?.(error))
      inner(request, socket, accept)
    }),
    foundBy: ['a client that goes away while its token is verified'],
  },
  {
    fault: 'does not see that a client has gone',
    adapter: upgrading((inner) => (request, socket, accept) => {
      inner(request, withMethods(socket, { destroyed: false }), accept)
    }),
    foundBy: ['a client that goes away while its token is verified'],
  },
  {
    fault: 'takes a refusal behind it for an accident',
    adapter: upgrading((inner) => (request, socket, accept) => {
      inner(request, socket, async (auth) => {
        try {
          await accept(auth)
        } catch (cause) {
          throw new Error('something went wrong', { cause })
        }
      })
    }),
    foundBy: ['a RequestError where the upgrade', 'an unexpected error is reported'],
  },
  {
    fault: 'keeps errors to itself',
    adapter: upgrading((_, [verifier, options]) =>
      SOUND_ADAPTER.upgradeAuth(verifier, { ...options, onError: () => {} }),
    ),
    foundBy: ['an unexpected error is reported'],
  },
]
