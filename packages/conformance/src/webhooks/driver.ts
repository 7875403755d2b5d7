import type { VonageWebhook, VonageWebhookReceiverOptions } from '@mayfly/core/vendors'
import type { MountedServer } from '../driver.ts'

/** What every adapter exports for webhooks; `Middleware` is its framework's own kind. */
export interface WebhookAdapterExports<Middleware> {
  /** Lets signed webhooks of Vonage pass, and leaves them where the framework keeps state. */
  vonageWebhook(options: VonageWebhookReceiverOptions): Middleware
}

/** What stands behind the middleware sees of a webhook. */
export interface SeenWebhook {
  /** What the middleware left where the framework keeps state. */
  readonly webhook: VonageWebhook | undefined
  /** What stands where a body parser of the framework leaves the body. */
  readonly body: unknown
}

/** How an adapter's driver has to mount the middleware: for every method and path. */
export interface WebhookMounting<Middleware> {
  readonly middleware: Middleware
  /**
   * Where the framework's usual body parser stands, if there is one: behind the middleware, before it,
   * or before it and told to keep the bytes.
   */
  readonly parser: 'none' | 'behind' | 'before' | 'before-keeping-bytes'
  /** What stands behind it all. What it gives is to be answered as JSON. */
  readonly handle: (seen: SeenWebhook) => unknown
}

/** What the webhook suite needs to know of an adapter. */
export interface WebhookAdapterDriver<Middleware> {
  /** Goes before the name of each case. */
  readonly name: string
  readonly adapter: WebhookAdapterExports<Middleware>
  /** Mounts on a new application, with an error handler that notes errors and answers 500. */
  readonly mount: (mounting: WebhookMounting<Middleware>) => MountedServer
}
