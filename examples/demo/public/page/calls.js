// Calls through the gateways. The browser itself puts the page's origin on every request.

const PATHS = { proxy: '/v1/apps', fetch: '/apps' }
const tokens = new Map()

/** Gets the page's own token for a gateway; one that is about to end is replaced. */
async function tokenFor(gateway, config) {
  const held = tokens.get(gateway)
  if (held !== undefined && performance.now() < held.until) return held.value
  const answer = await fetch(`${config.gateways[gateway]}/token`, { method: 'POST' })
  const { access_token: value, expires_in: seconds } = await answer.json()
  tokens.set(gateway, { value, until: performance.now() + (seconds - 10) * 1000 })
  return value
}

/** Calls the API through a gateway. */
export async function callGateway(gateway, via, config) {
  const token = await tokenFor(gateway, config)
  const startedAt = performance.now()
  const answer = await fetch(config.gateways[gateway] + PATHS[via], {
    headers: { authorization: `Bearer ${token}` },
  })
  const body = await answer.json()
  return { status: answer.status, body, durationMs: performance.now() - startedAt }
}

/** Loads the page of another origin. */
export function openForeignPage(frame, { foreign }) {
  return new Promise((resolve) => {
    frame.addEventListener('load', resolve, { once: true })
    frame.src = foreign
  })
}

/** Hands this page's token to the page of another origin, which tries to use it. */
export async function callFromForeignOrigin(frame, config) {
  const token = await tokenFor('Express', config)
  const url = config.gateways.Express + PATHS.fetch
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => resolve(data)
    setTimeout(() => reject(new Error('The other page does not answer.')), 10_000)
  })
  frame.contentWindow.postMessage({ url, token }, config.foreign, [port2])
  return { ...(await answer), here: location.origin, there: config.foreign }
}
