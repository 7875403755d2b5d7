import type { CliContext } from '../context.ts'
import { type JsonObject } from '../inspect/json-part.ts'
import type { ReadToken } from '../inspect/read-token.ts'
import { isDate } from '../inspect/rules/judge.ts'
import { Page } from '../text/page.ts'
import { relativeText, utcText } from '../text/times.ts'
import { quoted } from '../text/visible.ts'
import type { Judgement, NotChecked } from './judge.ts'

/** What is known beside the judgement. */
export interface Surroundings {
  readonly read: ReadToken
  /** What had to be taken away to find the token. */
  readonly notes: readonly string[]
  /** NumericDate (seconds) by which it was judged. */
  readonly now: number
}

/** Writes a judgement for people. */
export function printJudgement(
  judgement: Judgement,
  { read, notes, now }: Surroundings,
  context: CliContext,
): string {
  const page = new Page(context)
  const { verdict, reason, message = '' } = judgement
  if (verdict === 'good') {
    page.heading('Good')
    for (const check of judgement.checked) page.point('good', heldText(check, read, now))
  } else {
    page.heading(verdict === 'refused' ? `Refused: ${reason}` : `Could not judge: ${reason}`)
    page.point('bad', message)
    const detail = detailOf(judgement, read, now)
    if (detail !== undefined) page.prose(`  ${detail}`)
  }
  for (const note of notes) page.point('warning', note)
  printNotChecked(page, judgement)
  return page.text()
}

function printNotChecked(page: Page, { verdict, notChecked }: Judgement): void {
  if (verdict === 'unknown') return
  const main = notChecked.filter(isMain)
  for (const { check, flag } of main) {
    page.point('warning', `${check} not checked: give ${flag}`)
  }
  const others = notChecked.filter((one) => !isMain(one)).map(({ check }) => check)
  const lead = main.length > 0 ? 'Nor were these' : 'Not checked'
  page.prose(`${lead}: ${[...others, 'revocation'].join(', ')}.`, 'dim')
}

function isMain({ check }: NotChecked): boolean {
  return check === 'audience' || check === 'issuer'
}

function heldText(check: string, { header, payload }: ReadToken, now: number): string {
  if (check === 'signature') {
    const { alg, kid } = header ?? {}
    const key = typeof kid === 'string' ? `, key ${quoted(kid)}` : ''
    return `signature (${String(alg)}${key})`
  }
  if (check !== 'time') return check
  const { exp } = payload ?? {}
  return isDate(exp) ? `time: it expires ${momentText(exp, now)}` : 'time: it never expires'
}

/** What of the token explains the refusal. */
function detailOf({ reason, claim }: Judgement, read: ReadToken, now: number): string | undefined {
  const { header = {}, payload = {} } = read as { header?: JsonObject; payload?: JsonObject }
  const { exp, nbf, iat } = payload
  switch (reason) {
    case 'token_expired':
      return isDate(exp) ? `It expired ${momentText(exp, now)}.` : undefined
    case 'token_not_yet_valid': {
      const begin = isDate(nbf) && nbf > now ? nbf : iat
      return isDate(begin) ? `It begins ${momentText(begin, now)}.` : undefined
    }
    case 'token_too_old':
      return isDate(iat) ? `It was issued ${momentText(iat, now)}.` : undefined
    case 'token_malformed':
      return read.faults[0]?.message
    case 'algorithm_not_allowed':
      return `Its "alg" is ${shortly(header['alg'])}.`
    case 'key_unknown':
    case 'signature_invalid':
      return `Its "kid" is ${shortly(header['kid'])}.`
    case 'audience_mismatch':
      return `Its "aud" is ${shortly(payload['aud'])}.`
    case 'issuer_mismatch':
      return `Its "iss" is ${shortly(payload['iss'])}.`
    case 'type_mismatch':
      return `Its "typ" is ${shortly(header['typ'])}.`
    case 'insufficient_scope':
      return `Its "scope" is ${shortly(payload['scope'] ?? payload['scp'])}.`
    default:
      return claim === undefined ? undefined : `It is about ${quoted(claim)}.`
  }
}

function momentText(at: number, now: number): string {
  return `${utcText(at) ?? at} (${relativeText(at, now)})`
}

function shortly(value: unknown): string {
  if (value === undefined) return 'missing'
  return quoted(typeof value === 'string' ? value : JSON.stringify(value), 120)
}
