import { Refused, useToken } from './api.js'
import { clearIssue, prepareIssue } from './issue.js'
import { loadKeys, prepareKeys } from './keys.js'
import { busy, byId, showProblem } from './page.js'
import { clearTokens, loadTokens, prepareTokens } from './tokens.js'
import { readToken } from './words.js'

/** Opens the console with a token, if the service takes it. */
async function open(token) {
  const client = clientOf(token)
  useToken(token)
  try {
    await loadTokens()
  } catch (error) {
    useToken(undefined)
    throw error
  }
  byId('client').textContent = client
  byId('login').hidden = true
  byId('open').hidden = false
  byId('who').hidden = false
  byId('content').focus()
  await mayFail(loadKeys(), byId('keys'))
}

/** A token of few scopes does not see the keys; the rest of the page works all the same. */
async function mayFail(work, place) {
  try {
    await work
  } catch (error) {
    place.replaceChildren(document.createTextNode(error.message))
  }
}

/** Forgets everything that the page has seen. */
function lock(words = '') {
  useToken(undefined)
  clearIssue()
  clearTokens()
  byId('keys').replaceChildren()
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
  byId('open').hidden = true
  byId('who').hidden = true
  byId('login').hidden = false
  showProblem(words)
  byId('token').focus()
}

function clientOf(token) {
  try {
    return String(readToken(token).payload.sub)
  } catch {
    throw new Refused(
      0,
      'This is no token: a console token has three parts with dots between them.',
    )
  }
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault()
  // Out of the field before anything else: it is nowhere but in the variable.
  const token = byId('token')
    .value.trim()
    .replace(/^Bearer\s+/i, '')
  byId('token').value = ''
  void busy(byId('login').querySelector('button'), () => open(token))
})
byId('lock').addEventListener('click', () => lock())
// A page that the browser keeps to come back to would keep the token too.
addEventListener('pagehide', () => lock())

prepareIssue(() => void busy(byId('older'), loadTokens))
prepareTokens()
prepareKeys(useToken)
byId('token').focus()
