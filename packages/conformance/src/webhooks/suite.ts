import type { ConformanceCase } from '../driver.ts'
import { createWebhookBench } from './bench.ts'
import { acceptedWebhooks, refusedWebhooks, webhookFaults } from './cases.ts'
import type { WebhookAdapterDriver } from './driver.ts'

/**
 * Lists what every adapter's `vonageWebhook` must do, as cases for any test runner. Each starts the
 * adapter's framework on a free port of 127.0.0.1 and sends it webhooks, signed as Vonage does, with
 * the framework's usual body parser in every place where it could stand.
 *
 * @example
 * ```ts
 * import { type WebhookAdapterDriver, webhookConformance } from '@mayfly/conformance'
 *
 * declare const driver: WebhookAdapterDriver<(context: object) => Promise<void>>
 * declare function it(name: string, run: () => Promise<void>): void
 *
 * for (const { name, run } of webhookConformance(driver)) it(name, run)
 * ```
 */
export function webhookConformance<Middleware>(
  driver: WebhookAdapterDriver<Middleware>,
): readonly ConformanceCase[] {
  return [...acceptedWebhooks, ...refusedWebhooks, ...webhookFaults].map(({ name, run }) => ({
    name: `${driver.name}: ${name}`,
    run: () => run(createWebhookBench(driver)),
  }))
}
