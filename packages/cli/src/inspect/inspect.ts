import type { JsonObject } from './json-part.ts'
import { readPaste } from './paste.ts'
import { type Fault, readToken } from './read-token.ts'
import { type Certainty, recognise } from './recognise.ts'
import { judgeGenerally } from './rules/general.ts'
import { error, isDate, judge } from './rules/judge.ts'
import type { Finding } from './rules/profile.ts'
import { durationText, relativeText, utcText } from '../text/times.ts'

/** A moment that a token names. */
export interface Moment {
  readonly claim: string
  readonly at: number
  readonly utc: string
  readonly relative: string
}

/** All that can be said of a token without its key. */
export interface Inspection {
  readonly form: 'jws' | 'jwe' | 'opaque'
  /** Of a token that is no JWT, what it seems to be. */
  readonly kind?: string
  readonly header: JsonObject | undefined
  readonly payload: JsonObject | undefined
  /** What had to be taken away to find the token. */
  readonly notes: readonly string[]
  /** What is wrong with how it is written. */
  readonly faults: readonly Fault[]
  readonly times: readonly Moment[]
  /** Seconds from where it begins to where it ends. */
  readonly lifetime: number | undefined
  readonly lifetimeText: string | undefined
  /** By this machine's clock. */
  readonly expired: boolean | undefined
  readonly vendor:
    | {
        readonly name: string
        readonly title: string
        readonly certainty: Certainty
        readonly because: readonly string[]
        readonly others: readonly string[]
      }
    | undefined
  readonly findings: readonly Finding[]
  /** Always: nothing was verified. */
  readonly verified: false
}

/** What {@link inspectToken} may be told. */
export interface InspectContext {
  /** NumericDate (seconds). */
  readonly now: number
  /** The vendor, where it need not be guessed. */
  readonly vendor?: string | undefined
}

const MOMENTS = ['auth_time', 'iat', 'nbf', 'exp', 'tokenExp']

/** Says all that can be said of a token without its key. */
export function inspectToken(raw: string, { now, vendor }: InspectContext): Inspection {
  const { token, notes } = readPaste(raw)
  const read = readToken(token)
  const { header, payload } = read
  const base = {
    form: read.form,
    ...(read.kind !== undefined && { kind: read.kind }),
    header,
    payload,
    notes,
    faults: read.faults,
    times: timesOf(payload, now),
    verified: false as const,
  }
  const life = lifeOf(payload)
  const { exp } = payload ?? {}
  const times = {
    lifetime: life,
    lifetimeText: life === undefined ? undefined : durationText(life),
    expired: isDate(exp) ? exp <= now : undefined,
  }
  if (header === undefined || payload === undefined) {
    return { ...base, ...times, vendor: undefined, findings: [] }
  }
  const view = { header, payload, now }
  const recognised = recognise(view, vendor)
  const general = judgeGenerally(view)
  if (recognised === undefined) {
    return { ...base, ...times, vendor: undefined, findings: [...general, ...noExpiry(payload)] }
  }
  const { profile, certainty, because, others } = recognised
  return {
    ...base,
    ...times,
    vendor: { name: profile.vendor, title: profile.title, certainty, because, others },
    findings: unrepeated([...general, ...judge(profile, view)]),
  }
}

/** The same place is not complained about twice where the first complaint says it all. */
function unrepeated(findings: readonly Finding[]): readonly Finding[] {
  const repeats = new Set(['algorithm', 'value'])
  return findings.filter(
    ({ rule, at }, index) =>
      !repeats.has(rule) || !findings.slice(0, index).some((earlier) => earlier.at === at),
  )
}

function noExpiry(payload: JsonObject): readonly Finding[] {
  if (Object.hasOwn(payload, 'exp')) return []
  const { message, ...rest } = error(
    'no-expiry',
    'payload.exp',
    '"exp" is missing: the token never expires by itself.',
  )
  return [{ ...rest, level: 'warning', message }]
}

function timesOf(payload: JsonObject | undefined, now: number): readonly Moment[] {
  return MOMENTS.flatMap((claim) => {
    const at = payload?.[claim]
    if (!isDate(at)) return []
    const utc = utcText(at)
    return utc === undefined ? [] : [{ claim, at, utc, relative: relativeText(at, now) }]
  })
}

function lifeOf(payload: JsonObject | undefined): number | undefined {
  const { iat, nbf, exp } = payload ?? {}
  const begin = isDate(iat) ? iat : nbf
  return isDate(begin) && isDate(exp) && exp > begin ? exp - begin : undefined
}
