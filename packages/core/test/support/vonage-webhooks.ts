import { RequestError } from '@mayfly/core'
import {
  type VonageWebhookClaims,
  type VonageWebhookOptions,
  VonageWebhookVerifier,
} from '@mayfly/core/vendors'
import { signVonageWebhook, type VonageWebhookSending } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { failure } from './inbound.ts'

/** The secret of Vonage's own test vector. */
export const SECRET = 'qwertyuiopasdfghjklzxcvbnm123456'
export const ACCOUNT = Object.freeze({ apiKey: 'abcd1234', signatureSecret: SECRET })
export const SECRETS = Object.freeze({ abcd1234: SECRET })
export const PAYLOAD = Object.freeze({
  message_uuid: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
  text: 'Grüße, 世界 🐝',
})

/** What is unusual about a webhook, or about who judges it. */
export interface Attempt {
  readonly sending?: Partial<VonageWebhookSending>
  readonly options?: Partial<VonageWebhookOptions>
}

/** Signs a webhook, faulty or not, and has it judged. */
export async function judge({ sending, options }: Attempt = {}): Promise<VonageWebhookClaims> {
  const clock = new FakeClock()
  const webhook = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock, ...sending })
  const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock, ...options })
  return verifier.verify({
    authorization: webhook.headers['authorization'],
    body: new TextEncoder().encode(webhook.body),
    ...(webhook.method === 'GET' && { query: webhook.query }),
  })
}

/** Why a webhook is refused: status, reason, and the claim at fault. */
export async function reasonFor(attempt: Attempt): Promise<string> {
  const error = await failure(() => judge(attempt))
  if (!(error instanceof RequestError)) throw error
  return [error.status, error.reason, error.claim].filter((part) => part !== undefined).join(' ')
}
