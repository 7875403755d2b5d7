// Says what a call did, from its answer and from what changed at the API and in Mayfly meanwhile.

const MINTED = {
  cold: 'There was no token yet, so one was minted first.',
  expired: 'The last token had run out, so the call waited for a new one.',
  stale:
    'The token in hand was stale: the call used it, and the next one was minted in the background.',
  rejected: 'A token was minted in place of the one that the API had refused.',
}

/** Explains a call through a gateway. */
export function explainCall({ gateway, via, answer, before, after }) {
  const { status, body, durationMs } = answer
  const through = `${gateway} gateway, ${via === 'proxy' ? 'stream proxy' : 'bearerFetch'}`
  const head = `${status} through the ${through}, after ${Math.round(durationMs)} ms`
  if (body?.reason !== undefined) {
    return { tone: 'warn', head, words: `The gateway itself refused: ${body.detail}` }
  }
  const refused = after.refused - before.refused
  const facts = {
    'API requests': after.requests - before.requests,
    refused,
    'sent again': after.resent - before.resent,
    minted: count(after.mints) - count(before.mints),
  }
  const tone = status === 200 ? 'good' : 'bad'
  return { tone, head, words: story({ status, via, refused, before, after }), facts }
}

function story({ status, via, refused, before, after }) {
  if (status === 401 && via === 'proxy') {
    return 'The API refused the token. A stream proxy cannot send a request twice, so this caller sees the 401. Mayfly has dropped that token: the next call gets a new one.'
  }
  if (status === 401)
    return 'The API refused the token, and the one that bearerFetch sent after it.'
  if (status !== 200) return `The API answered ${status}, which no other token can help.`
  if (refused > 0) {
    return 'The API refused the token at first. bearerFetch dropped it, got another and sent the request again; the caller saw only the 200.'
  }
  const reason = Object.keys(after.mints).find((name) => after.mints[name] !== before.mints[name])
  return MINTED[reason] ?? 'The token in hand was fresh, so it was used as it is.'
}

/** Explains a call from another origin with this page's token. */
export function explainForeign({ status, problem, here, there }) {
  const head = `${status || 'No answer'} for the page at ${there}`
  if (status !== 403) return { tone: 'bad', head, words: 'This should have been refused.' }
  return {
    tone: 'good',
    head,
    words: `A hidden page of another origin used this page’s token. CORS lets it call, and the token is good, but the token names ${here} and the browser says where a call comes from. The gateway answered ${problem.reason}; the API was not asked.`,
  }
}

function count(mints) {
  return Object.values(mints).reduce((total, number) => total + number, 0)
}
