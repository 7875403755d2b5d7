import { SourceError } from '../../base/errors.ts'
import { nameOfUrl } from '../../http/endpoint.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../../http/exchange.ts'
import { retryAfterOf } from '../../http/retry-after.ts'
import { isPermanent, type Refusal } from './exchanged-oauth-answer.ts'
import { quoteServer } from './exchanged-quote.ts'

/** Past this a wrong clock is worth a word: no server allows for that much. */
const NOTABLE_OFFSET_MS = 10_000

/** Makes the error of an answer that brought no token. */
export function refusalError(
  answer: ExchangeAnswer,
  refusal: Refusal,
  { request, offsetMs }: { readonly request: ExchangeRequest; readonly offsetMs: number },
): SourceError {
  const { status, headers, receivedAt } = answer
  const isClientFault = status >= 400 && status < 500
  const retryAfterMs = retryAfterOf(headers, receivedAt) ?? refusal.retryAfterMs
  const permanent = refusal.permanent ?? isPermanent(refusal.error)
  const said = quoteServer(refusal.description, request)
  const message = [
    `${nameOfUrl(request.url)} answered ${status}`,
    refusal.error === undefined ? '' : ` ${quoteServer(refusal.error, request) ?? ''}`,
    said === undefined ? '.' : `: ${said.replace(/[.\s]*$/, '.')}`,
    clockHint(offsetMs),
  ]
  return new SourceError(isClientFault ? 'ERR_MINT_REFUSED' : 'ERR_MINT_FAILED', message.join(''), {
    // A busy server is no verdict, whatever its answer's body says.
    permanent: permanent && isClientFault && status !== 408 && status !== 429,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function clockHint(offsetMs: number): string {
  if (Math.abs(offsetMs) < NOTABLE_OFFSET_MS) return ''
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  const side = offsetMs > 0 ? 'behind' : 'ahead of'
  return ` By its Date header the local clock is ${seconds} s ${side} the server's.`
}
