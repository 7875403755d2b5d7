import type { VonageWebhookReceiverOptions } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { signVonageWebhook, type VonageWebhookSending } from '@mayfly/sandboxes'
import { openSite, type Site } from '../bench.ts'
import type { Answer, Fields } from '../http-client.ts'
import type { SeenWebhook, WebhookAdapterDriver, WebhookMounting } from './driver.ts'

/** The account that webhooks come from. */
export const ACCOUNT: Pick<VonageWebhookSending, 'apiKey' | 'signatureSecret'> = Object.freeze({
  apiKey: 'abcd1234',
  signatureSecret: 'a signature secret of 35 characters',
})

/** A webhook's payload: a form can hold it too, and it has more bytes than characters. */
export const MESSAGE: Readonly<Record<string, string>> = Object.freeze({
  from: '447700900000',
  text: 'Grüße & mehr 🐝',
})

/** A place for webhooks, and what reached the handler there. */
export interface WebhookSite extends AsyncDisposable {
  readonly site: Site
  readonly seen: readonly SeenWebhook[]
  /** Signs a webhook, faulty or not, and sends it. */
  deliver(sending?: Partial<VonageWebhookSending>, payload?: string | object): Promise<Answer>
}

/** What a case works with. */
export interface WebhookBench<Middleware> {
  readonly driver: WebhookAdapterDriver<Middleware>
  readonly clock: FakeClock
  readonly open: (
    parser?: WebhookMounting<Middleware>['parser'],
    options?: Partial<VonageWebhookReceiverOptions>,
  ) => Promise<WebhookSite>
}

/** Makes what one case works with. */
export function createWebhookBench<Middleware>(
  driver: WebhookAdapterDriver<Middleware>,
): WebhookBench<Middleware> {
  const clock = new FakeClock()
  return {
    driver,
    clock,
    open: async (parser = 'none', options = {}) => {
      const seen: SeenWebhook[] = []
      const secrets = { [ACCOUNT.apiKey]: ACCOUNT.signatureSecret }
      const middleware = driver.adapter.vonageWebhook({ secrets, clock, ...options })
      const handle = (one: SeenWebhook): unknown => {
        seen.push(one)
        return { body: one.body ?? null }
      }
      const { server, errors } = driver.mount({ middleware, parser, handle })
      const site = await openSite(server, errors)
      return {
        site,
        seen,
        deliver: (sending, payload) => deliver(site, clock, { sending, payload }),
        [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
      }
    },
  }
}

interface Delivery {
  readonly sending: Partial<VonageWebhookSending> | undefined
  readonly payload: string | object | undefined
}

async function deliver(
  site: Site,
  clock: FakeClock,
  { sending, payload }: Delivery,
): Promise<Answer> {
  const signed = signVonageWebhook((payload ?? MESSAGE) as string | Record<string, unknown>, {
    ...ACCOUNT,
    clock,
    ...sending,
  })
  const { method, query, headers, body } = signed
  const fields: Fields = Object.entries(headers)
  if (method === 'GET') return site.send(`/webhooks/answer?${query}`, { method, fields })
  return site.send('/webhooks/inbound', { method, fields, body })
}
