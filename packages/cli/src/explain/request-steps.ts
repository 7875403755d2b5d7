import {
  type AccessToken,
  type Clock,
  type Diagnosis,
  diagnose,
  LearnedClock,
  systemClock,
  type TokenSource,
} from '@mayfly/core'
import type { CliIo } from '../io.ts'
import { durationText } from '../text/times.ts'
import type { Settings } from '../vendors/option.ts'
import type { Checklist } from './checklist.ts'
import { networkFault } from './network-words.ts'
import { isOneOf, PROBES, type Probe } from './probes.ts'

const TIMEOUT_MS = 10_000
/** `Date` has whole seconds, and requests take a moment. */
const NOTABLE_OFFSET_MS = 2000
/** Beyond this vendors refuse tokens that are dated by the clock. */
const BAD_OFFSET_MS = 30_000
const MAX_BODY = 4096

/** A fetch that learns the server's clock from every answer. */
export interface Watched {
  readonly fetch: typeof fetch
  readonly clock: LearnedClock
  /** Whether any answer told the time. */
  readonly hasLearned: () => boolean
}

/** Watches the answers of a fetch. */
export function watch(io: CliIo): Watched {
  const clock = new LearnedClock(io.clock)
  let learned = false
  return {
    clock,
    hasLearned: () => learned,
    fetch: async (input, init) => {
      const sentAt = io.clock.now()
      const response = await io.fetch(input, init)
      const date = response.headers.get('date')
      const age = response.headers.get('age')
      clock.learn({ date, age, sentAt, receivedAt: io.clock.now() })
      learned ||= date !== null && age === null
      return response
    },
  }
}

/** Says how far this machine's clock is from the vendor's. */
export function checkClock({ clock, hasLearned }: Watched, list: Checklist): void {
  if (!hasLearned()) {
    list.add('clock', 'skipped', 'No answer told the vendor’s time, so the clock was not checked.')
    return
  }
  const { offsetMs } = clock
  const off = Math.abs(offsetMs)
  if (off <= NOTABLE_OFFSET_MS) {
    list.add('clock', 'good', 'This machine’s clock agrees with the vendor’s.')
    return
  }
  const side = offsetMs > 0 ? 'slow' : 'fast'
  const mark = off > BAD_OFFSET_MS ? 'bad' : 'warning'
  list.add('clock', mark, `This machine’s clock is ${durationText(off / 1000)} ${side}.`, {
    advice:
      'Set the clock (NTP: timedatectl set-ntp true). Mayfly’s fetch goes by the vendor’s clock until then; other programs do not.',
    cause: `clock-${side}`,
  })
}

/** What a request is made with. */
export interface RequestParts {
  readonly vendor: string
  readonly url: string
  readonly source: TokenSource
  readonly settings: Settings
  readonly watched: Watched
  readonly io: CliIo
}

/** Sends one request, and says what came of it; where the clock was to blame, one more. */
export async function checkRequest(
  token: AccessToken,
  parts: RequestParts,
  list: Checklist,
): Promise<void> {
  const answer = await send(token, parts, list)
  if (answer === undefined) return
  const diagnosis = answer.refusal
  checkClock(parts.watched, list)
  if (diagnosis === undefined || !diagnosis.cause.startsWith('clock-')) return
  const again = await parts.source.getToken({ clock: parts.watched.clock })
  const second = await send(again, parts)
  if (second === undefined) return
  if (second.refusal === undefined) {
    list.add(
      'again',
      'good',
      'A token that is dated by the vendor’s clock is taken: the key is good.',
    )
  } else {
    list.add(
      'again',
      'bad',
      `A token that is dated by the vendor’s clock is refused as well (${second.status}).`,
      adviceOn(second.refusal),
    )
  }
}

interface Answer {
  readonly status: number
  /** Absent where the vendor took the token. */
  readonly refusal: Diagnosis | undefined
}

async function send(
  token: AccessToken,
  parts: RequestParts,
  list?: Checklist,
): Promise<Answer | undefined> {
  const { vendor, url, source, settings, watched, io } = parts
  const probe = PROBES[vendor]
  const { origin, pathname } = new URL(url)
  try {
    const response = await watched.fetch(
      url,
      requestInit(token, { probe, settings, clock: io.clock }),
    )
    const { status } = response
    const body = await startOf(response)
    const shown = `${probe?.form === undefined ? 'GET' : 'POST'} ${pathname}: ${status}`
    if (status < 400) {
      const words =
        status >= 300
          ? `${shown}, a redirect. The token did not go along.`
          : `${shown}. The token is taken.`
      list?.add('request', status >= 300 ? 'warning' : 'good', words)
      return { status, refusal: undefined }
    }
    if (isOneOf(probe?.taken, { status, body })) {
      list?.add('request', 'good', `${shown}, as there is nothing there. The token is taken.`)
      return { status, refusal: undefined }
    }
    const refused = isOneOf(probe?.refused, { status, body }) ? 401 : status
    const diagnosis = await diagnose({ status: refused, body }, token, {
      source,
      clock: watched.clock,
    })
    addRefusal(diagnosis, { shown, response, list })
    return { status, refusal: diagnosis }
  } catch (error) {
    const { found, advice, code } = networkFault(error, origin, io.env)
    list?.add('request', 'bad', found, {
      ...(advice !== undefined && { advice }),
      ...(code !== undefined && { cause: code }),
    })
    return undefined
  }
}

function requestInit(
  token: AccessToken,
  {
    probe,
    settings,
    clock,
  }: { readonly probe: Probe | undefined; readonly settings: Settings; readonly clock: Clock },
): RequestInit {
  const signal = clock.timeout?.(TIMEOUT_MS) ?? systemClock.timeout(TIMEOUT_MS)
  const common = { signal, redirect: 'manual' } as const
  const form = probe?.form?.(settings, token.value)
  return form === undefined
    ? {
        ...common,
        headers: {
          authorization: `Bearer ${token.value}`,
          accept: 'application/json',
          'user-agent': 'mayfly',
        },
      }
    : { ...common, method: 'POST', body: new URLSearchParams(form) }
}

function addRefusal(
  diagnosis: Diagnosis,
  {
    shown,
    response,
    list,
  }: { readonly shown: string; readonly response: Response; readonly list: Checklist | undefined },
): void {
  const { vendorCode } = diagnosis
  const code = vendorCode === undefined ? '' : `, ${vendorCode}`
  const proxied = proxyAdvice(response)
  const more = proxied === undefined ? adviceOn(diagnosis) : { advice: proxied, cause: 'proxy' }
  list?.add('request', 'bad', `${shown}${code}`, more)
}

/** What is said of the clock is said with the clock. */
function adviceOn({ cause, advice, keyId }: Diagnosis): { cause: string; advice?: string } {
  if (cause.startsWith('clock-')) return { cause }
  if (cause !== 'key-never-worked') return { cause, advice }
  const key = keyId === undefined ? 'the key' : `key ${keyId}`
  return {
    cause,
    advice: `The vendor does not take ${key}. Check that the key file and the ids belong together, that the key was not revoked, and that it is for this environment.`,
  }
}

/** What stands between answers in its own way. */
function proxyAdvice({ status, headers }: Response): string | undefined {
  if (status === 407) return 'A proxy asks for its own user and password first.'
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  return isPage && [403, 502, 503, 504].includes(status)
    ? 'The answer is a web page, as of a proxy or a firewall, and not one of the vendor’s. Ask whoever keeps the network.'
    : undefined
}

/** Reads the beginning of a body, whatever becomes of the rest. */
async function startOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of body ?? []) {
      parts.push(part)
      length += part.length
      if (length >= MAX_BODY) break
    }
  } catch {
    // The status has been said; a body that breaks off adds nothing to it.
  }
  return Buffer.concat(parts).toString('utf8').slice(0, MAX_BODY)
}
