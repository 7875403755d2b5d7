import { optionalNumber, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { RequestLike } from '../../server/guard/request.ts'
import { type IncomingBody, isBodyTaken, readIncomingBody } from '../../server/incoming-body.ts'
import {
  type VonageWebhookOptions,
  VonageWebhookVerifier,
  WEBHOOK_OPTIONS,
} from '../vonage-webhook.ts'
import { parseBody } from './body.ts'
import type { VonageWebhookClaims } from './claims.ts'

/** Options of {@link VonageWebhookReceiver}, and of `vonageWebhook` in the adapters. */
export interface VonageWebhookReceiverOptions extends VonageWebhookOptions {
  /** The longest body that is read, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number
}

/** A webhook that was accepted. */
export interface VonageWebhook {
  readonly claims: VonageWebhookClaims
  /** The body as it came in: what the hash in the claims is of. Empty for GET. */
  readonly rawBody: Uint8Array
  /** The body, parsed by its content type: JSON or a form. `undefined` for any other, and for GET. */
  readonly body: unknown
}

/**
 * Takes in signed webhooks of Vonage from Node's requests, for an adapter: reads the body itself,
 * because a parser leaves nothing that could be hashed, and gives it parsed as well.
 *
 * @example
 * ```ts
 * import type { IncomingMessage } from 'node:http'
 * import { nodeRequest } from '@mayfly/core'
 * import { VonageWebhookReceiver } from '@mayfly/core/vendors'
 *
 * export function createReceiver(secret: string): (request: IncomingMessage) => Promise<unknown> {
 *   const receiver = new VonageWebhookReceiver({ secrets: { abcd1234: secret } })
 *   return async (request) => (await receiver.receive(nodeRequest(request), request)).body
 * }
 * ```
 */
export class VonageWebhookReceiver {
  readonly #verifier: VonageWebhookVerifier
  readonly #maxBodyBytes: number

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: VonageWebhookReceiverOptions) {
    requireOptions(options, 'vonageWebhook')
    refuseUnknownOptions(options, [...WEBHOOK_OPTIONS, 'maxBodyBytes'], 'vonageWebhook')
    const { maxBodyBytes, ...verifierOptions } = options
    const bounds = { min: 1, max: 1_073_741_824, integer: true, unit: 'bytes' }
    this.#maxBodyBytes = optionalNumber(maxBodyBytes, 'maxBodyBytes', bounds) ?? 1_048_576
    this.#verifier = new VonageWebhookVerifier(verifierOptions)
  }

  /**
   * Verifies a webhook. Its body is read only when its token is good.
   *
   * @param rawBody the body as something else has kept it: bytes, or the text that they were.
   * @throws {RequestError} what {@link VonageWebhookVerifier.verify} throws; 413 for a body that is
   * too long; 400 for one that broke off, or is not what its content type says.
   * @throws {OptionError} `ERR_OPTION_REQUIRED` where something has read the body and not kept it.
   */
  async receive(
    request: RequestLike,
    incoming: IncomingBody,
    rawBody?: unknown,
  ): Promise<VonageWebhook> {
    const kept = keptBytes(rawBody) ?? keptBytes(request.body, false)
    let bytes: Uint8Array = new Uint8Array()
    const claims = await this.#verifier.verify({
      authorization: request.header('authorization'),
      ...(isQuery(request.method) && { query: queryOf(request.url) }),
      body: async () => (bytes = kept ?? (await this.#read(incoming))),
    })
    const parsed = parsedBefore(request.body)
    const isParsed = parsed !== undefined && (kept !== undefined || bytes.length === 0)
    const body = isParsed ? parsed : parseBody(bytes, request.header('content-type')[0])
    return Object.freeze({ claims, rawBody: bytes, body })
  }

  async #read(incoming: IncomingBody): Promise<Uint8Array> {
    if (isBodyTaken(incoming)) throw bodyLost()
    return readIncomingBody(incoming, this.#maxBodyBytes)
  }
}

/** The methods whose query is signed, since they have no body. */
function isQuery(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function queryOf(url: string): string {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1)
}

function keptBytes(kept: unknown, mayBeText = true): Uint8Array | undefined {
  if (kept instanceof Uint8Array) return kept
  return mayBeText && typeof kept === 'string' ? new TextEncoder().encode(kept) : undefined
}

/** What a parser made of the body, where it did not merely keep the bytes. */
function parsedBefore(body: unknown): unknown {
  return body instanceof Uint8Array ? undefined : body
}

function bodyLost(): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    'rawBody',
    'vonageWebhook: a body parser has read the body before, and its bytes are gone, so that their hash cannot be checked. Mount vonageWebhook before the parser, which is then not needed; or let the parser keep the bytes: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }).',
  )
}
