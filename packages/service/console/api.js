/** The console token: in this variable, and nowhere else. */
let consoleToken

/** The page is at `…/console/`, and the service one up. */
const base = new URL('../', document.baseURI)

/** What the service refused, in its own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** Takes a console token, or forgets the one there is. */
export function useToken(token) {
  consoleToken = token
}

/** Calls the service. Gives the body: text, or what the JSON says. */
export async function call(path, { method = 'GET', query = {}, json } = {}) {
  const url = new URL(path, base)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  }
  const response = await answerTo(url, {
    method,
    // No cookie of any other page of this host goes along, and no answer is kept.
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    headers: {
      authorization: `Bearer ${consoleToken}`,
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  const body = /json/.test(type) ? JSON.parse(text) : text
  if (response.ok) return body
  throw new Refused(response.status, wordsFor(response, body))
}

async function answerTo(url, options) {
  try {
    return await fetch(url, options)
  } catch {
    throw new Refused(0, 'The service cannot be reached. Is it running?')
  }
}

function wordsFor(response, body) {
  const wait = response.headers.get('retry-after')
  if (response.status === 401) return 'The service does not accept this console token (any more).'
  if (response.status === 429) return `Too many requests: try again in ${wait ?? 'some'} seconds.`
  return body?.detail ?? `The service answered ${response.status}.`
}
