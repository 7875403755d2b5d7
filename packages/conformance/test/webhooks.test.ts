import { nodeRequest } from '@mayfly/core'
import type { VonageWebhookReceiver } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import type { WebhookAdapterExports } from '../src/webhooks/driver.ts'
import { webhookConformance } from '@mayfly/conformance'
import {
  createNodeWebhooks,
  type Middleware,
  nodeWebhookDriver,
  type Request,
  SOUND,
} from './node-webhooks.ts'

interface FaultyAdapter {
  readonly fault: string
  readonly adapter: WebhookAdapterExports<Middleware>
  /** Beginnings of the names of cases. */
  readonly foundBy: readonly string[]
}

const sound = createNodeWebhooks()

/** Hashes what was parsed, once more as JSON, as the samples of Vonage do. */
async function fromParsed(receiver: VonageWebhookReceiver, request: Request) {
  const bytes = JSON.stringify(request.body ?? {})
  return receiver.receive(nodeRequest(request), request, bytes)
}

const FAULTY: readonly FaultyAdapter[] = [
  {
    fault: 'lets nobody pass',
    adapter: createNodeWebhooks({ receive: () => Promise.reject(new Error('no')) }),
    foundBy: [
      'a signed webhook reaches',
      'a form reaches',
      'a GET request is judged',
      'a body of many chunks',
      'a body parser behind',
    ],
  },
  {
    fault: 'lets everybody pass',
    adapter: createNodeWebhooks({
      refuse: (response) => {
        response.statusCode = 200
        return true
      },
    }),
    foundBy: [
      'a body other than the one',
      'a webhook without a token',
      'another secret, another account',
      'a body that is longer',
      'a body that is signed and not',
      'a store of used webhooks',
      'a body parser before it that keeps nothing',
      'what a function for secrets throws',
    ],
  },
  {
    fault: 'forgets the parsed body',
    adapter: createNodeWebhooks({ keep: (request, webhook) => void (request.webhook = webhook) }),
    foundBy: ['a signed webhook reaches', 'a form reaches'],
  },
  {
    fault: 'hashes what a parser made of the body',
    adapter: createNodeWebhooks({ receive: fromParsed }),
    foundBy: ['a body parser before it may keep the bytes'],
  },
  {
    fault: 'reads fields where Node has dropped the duplicates',
    adapter: createNodeWebhooks({
      receive: (receiver, request) => {
        const { authorization = '' } = request.headers
        const header = (name: string) => (name === 'authorization' ? [authorization] : [])
        return receiver.receive({ ...nodeRequest(request), header }, request)
      },
    }),
    foundBy: ['two Authorization headers'],
  },
  {
    fault: 'drops the query of the URL',
    adapter: createNodeWebhooks({
      receive: (receiver, request) =>
        receiver.receive(nodeRequest(request, { url: '/webhooks/answer' }), request),
    }),
    foundBy: ['a GET request is judged'],
  },
  {
    fault: 'answers what is its program’s own fault',
    adapter: createNodeWebhooks({
      refuse(response, error) {
        if (error instanceof TypeError || (error as Error).message.includes('database')) {
          response.writeHead(401).end()
          return false
        }
        return SOUND.refuse(response, error)
      },
    }),
    foundBy: ['a body parser before it that keeps nothing', 'what a function for secrets throws'],
  },
  {
    fault: 'begins anew with every request, and remembers none',
    adapter: {
      vonageWebhook: (options) => async (request, response) =>
        sound.vonageWebhook(options)(request, response),
    },
    foundBy: ['a webhook that comes again'],
  },
  {
    fault: 'has no name, and takes any option',
    adapter: { vonageWebhook: () => async () => true },
    foundBy: ['the middleware has a name'],
  },
]

const cases = webhookConformance(nodeWebhookDriver(sound))

describe('a webhook adapter that does everything right passes', () => {
  for (const { name, run } of cases) it(name, run)
})

describe('a webhook adapter is found out that', () => {
  for (const { fault, adapter, foundBy } of FAULTY) {
    it.each(foundBy)(`${fault}, by: %s`, async (beginning) => {
      const mine = webhookConformance(nodeWebhookDriver(adapter))
      const found = mine.filter(({ name }) => name.startsWith(`node:http: ${beginning}`))
      expect(found).toHaveLength(1)
      await expect(found[0]?.run()).rejects.toThrow()
    })
  }
})

describe('every case of the webhook suite', () => {
  const finders = FAULTY.flatMap(({ foundBy }) => foundBy)

  it.each(cases.map(({ name }) => name))('can fail: %s', (name) => {
    expect(finders.some((beginning) => name.startsWith(`node:http: ${beginning}`))).toBe(true)
  })
})
