import type { Journal } from './journal.ts'
import type { Outbound, Tally } from './outbound.ts'

/** How many requests the burst fires, and how far the API's clock is put ahead. */
export const BURST = 200
export const AHEAD_SECONDS = 120

/** What a button did, in words for the page. */
export interface Result {
  readonly tone: 'plain' | 'good' | 'warn' | 'bad'
  readonly head: string
  readonly words: string
  readonly facts?: Readonly<Record<string, number>>
}

/** Makes what the page's buttons do to the API. Each tells what it did. */
export function createActions(
  outbound: Outbound,
  journal: Journal,
): Readonly<Record<string, () => Promise<Result>>> {
  const { sandbox, manager } = outbound

  async function setClock(aheadSeconds: number): Promise<Result> {
    const ahead = aheadSeconds > 0
    const minutes = AHEAD_SECONDS / 60
    sandbox.clockOffsetMs = aheadSeconds * 1000
    const text = ahead
      ? `Put the API’s clock ${minutes} minutes ahead.`
      : 'Set the API’s clock right again.'
    journal.note({ speaker: 'you', tone: 'plain', text })
    const why = ahead
      ? 'To the API the token in hand has ended, so it will answer the next call with 401.'
      : 'A token that was minted for the wrong clock will be refused, as one from the future.'
    return {
      tone: 'plain',
      head: ahead
        ? `The API’s clock is ${minutes} minutes ahead`
        : 'The API’s clock is right again',
      words: `${why} Mayfly does not know yet. It learns the API’s time from the Date header of the next answer, and dates new tokens by it.`,
    }
  }

  async function revoke(): Promise<Result> {
    const { served } = manager.stats()
    if (served === 0) {
      return {
        tone: 'warn',
        head: 'Nothing to revoke',
        words: 'There is no token that the API has seen. Make a call first, then revoke its token.',
      }
    }
    sandbox.revokeTokensSeen()
    journal.note({ speaker: 'you', tone: 'plain', text: 'Revoked the token at the API.' })
    return {
      tone: 'plain',
      head: 'The API no longer takes this token',
      words:
        'Mayfly cannot know before it is refused. Now make a call: through the stream proxy the first one gets the 401 and the next one is healed; with bearerFetch the call itself is healed.',
    }
  }

  async function burst(): Promise<Result> {
    const before = outbound.snapshot().tally
    journal.note({ speaker: 'you', tone: 'plain', text: `Fired ${BURST} requests at once.` })
    const calls = Array.from({ length: BURST }, async () => {
      const answer = await outbound.api(`${sandbox.origin}/v1/apps`)
      await answer.body?.cancel()
      return answer.status
    })
    const statuses = await Promise.all(calls)
    const after = outbound.snapshot().tally
    const good = statuses.filter((status) => status === 200).length
    const refused = after.refused - before.refused
    const mints = sum(after.mints) - sum(before.mints)
    const rest = good < BURST ? ` ${BURST - good} were not answered well on their last try.` : ''
    return {
      tone: good === BURST ? 'good' : 'bad',
      head: `${good} of ${BURST} answered 200, with ${mints} ${mints === 1 ? 'mint' : 'mints'}`,
      words: `This server fired them all at once with bearerFetch. ${burstStory(before, after)}${rest}`,
      facts: {
        'API requests': after.requests - before.requests,
        refused,
        'sent again': after.resent - before.resent,
        minted: mints,
      },
    }
  }

  return {
    revoke,
    burst,
    'clock-ahead': () => setClock(AHEAD_SECONDS),
    'clock-back': () => setClock(0),
  }
}

function burstStory(before: Tally, after: Tally): string {
  if (after.refused > before.refused) {
    return 'The API refused the token that they went out with. Whoever was refused waited for the one new token, and sent the request again.'
  }
  if (after.mints.stale !== before.mints.stale) {
    return 'The token in hand was stale: they all used it, while one mint ran in the background.'
  }
  return sum(after.mints) === sum(before.mints)
    ? 'They all used the token in hand.'
    : 'No token was in hand: one mint was started, and all of them waited for it.'
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
