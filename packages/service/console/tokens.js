import { call } from './api.js'
import { announce, busy, byId, confirmed, element, showProblem } from './page.js'
import { distance, moment } from './words.js'

const PAGE = 20
let search = {}
let next

/** Makes search, paging and revocation work. */
export function prepareTokens() {
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault()
    const text = byId('text').value.trim()
    search = text === '' ? {} : { [byId('field').value]: text }
    void busy(event.submitter ?? byId('search').querySelector('button'), loadTokens)
  })
  byId('older').addEventListener('click', () => void busy(byId('older'), loadOlder))
}

/** Shows the first page of what is searched for. */
export async function loadTokens() {
  const page = await call('v1/tokens', { query: { ...search, limit: PAGE } })
  byId('rows').replaceChildren(...page.tokens.map(row))
  took(page)
  const searched = Object.keys(search).length > 0
  byId('none').hidden = page.tokens.length > 0
  byId('none').textContent = searched ? 'No token matches.' : 'No token has been issued yet.'
  announce(`${page.tokens.length} tokens shown.`)
}

/** Forgets what is shown. */
export function clearTokens() {
  search = {}
  next = undefined
  byId('rows').replaceChildren()
  byId('search').reset()
}

async function loadOlder() {
  const page = await call('v1/tokens', { query: { ...search, limit: PAGE, after: next } })
  const first = byId('rows').children.length
  byId('rows').append(...page.tokens.map(row))
  took(page)
  announce(`${page.tokens.length} older tokens shown.`)
  // The button may be gone: the reader goes on where the new rows begin.
  if (next === undefined) byId('rows').children[first]?.querySelector('button')?.focus()
}

function took(page) {
  next = page.next
  byId('older').hidden = next === undefined
}

function row(token) {
  const made = document.createElement('tr')
  made.append(
    cell(time(token.issuedAt)),
    cell(token.phone ?? forWhom(token)),
    stateCell(token),
    cell(token.kind),
    cell(id(token.xid ?? token.tokenId)),
    actionCell(token, made),
  )
  return made
}

function forWhom({ audience, subject }) {
  const names = audience.length > 0 ? audience.join(', ') : '—'
  return subject === undefined ? names : `${names} (${subject})`
}

function cell(content) {
  const made = document.createElement('td')
  made.append(content)
  return made
}

function time(seconds) {
  const made = element('time', distance(seconds, Date.now() / 1000))
  made.dateTime = new Date(seconds * 1000).toISOString()
  made.title = moment(seconds)
  return made
}

function id(text) {
  const made = element('code', text.length > 13 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text)
  made.title = text
  return made
}

function stateCell(token) {
  const { state, expiresAt } = token
  const words =
    state === 'active' ? `active, ends ${distance(expiresAt, Date.now() / 1000)}` : state
  return cell(element('span', words, `state ${state}`))
}

function actionCell(token, line) {
  const made = document.createElement('td')
  if (token.state !== 'active') return made
  const button = element('button', 'Revoke')
  button.type = 'button'
  button.setAttribute('aria-label', `Revoke ${token.xid ?? token.tokenId}`)
  button.addEventListener('click', () => void revoke(token, { button, line }))
  made.append(button)
  return made
}

async function revoke(token, { button, line }) {
  const go = await confirmed({
    title: 'Revoke this token?',
    text: `The token for ${token.phone ?? forWhom(token)} stops working here at once. This cannot be undone.`,
    yes: 'Revoke',
  })
  if (!go) return
  await busy(button, async () => {
    await call(`v1/tokens/${encodeURIComponent(token.tokenId)}?kind=${token.kind}`, {
      method: 'DELETE',
    })
    const after = row({ ...token, state: 'revoked' })
    line.replaceWith(after)
    showProblem('')
    announce('The token was revoked.')
  })
}
