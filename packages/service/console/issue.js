import { call } from './api.js'
import { announce, busy, byId, copy, element } from './page.js'
import { claimWords, duration, readToken } from './words.js'

let issued
let ticking

/** Makes the form work. `onIssued` is told when there is another token. */
export function prepareIssue(onIssued) {
  byId('issue').addEventListener('submit', (event) => {
    event.preventDefault()
    void busy(event.submitter ?? byId('issue').querySelector('button'), async () => {
      const token = await call('security/jwt', {
        query: { aud: byId('origin').value.trim(), expInSec: byId('lifetime').value },
      })
      show(token)
      onIssued()
    })
  })
  byId('copy').addEventListener('click', () => void copy(issued.token, byId('copy')))
}

/** Forgets the token that is shown. */
export function clearIssue() {
  clearInterval(ticking)
  issued = undefined
  byId('issued').hidden = true
  byId('issued-token').textContent = ''
  byId('inside').replaceChildren()
  byId('issue').reset()
}

function show(token) {
  const { header, payload } = readToken(token)
  issued = { token, payload, shownAt: performance.now() }
  byId('issued-token').textContent = token
  byId('copy').textContent = 'Copy'
  const rows = [['alg', header.alg], ['kid', header.kid], ...Object.entries(payload)].flatMap(
    ([name, value]) => [element('dt', name), element('dd', claimWords(name, value))],
  )
  byId('inside').replaceChildren(...rows)
  byId('issued').hidden = false
  clearInterval(ticking)
  ticking = setInterval(tick, 1000)
  tick()
  announce(`A token was issued. It is good for ${duration(payload.exp - payload.iat)}.`)
  byId('issued-title').focus()
}

/** By the time that has passed here: this machine’s clock may be wrong, and it was issued just now. */
function tick() {
  const { payload, shownAt } = issued
  const life = payload.exp - payload.iat
  const left = Math.max(0, life - (performance.now() - shownAt) / 1000)
  byId('life').value = left / life
  byId('left').textContent = left === 0 ? 'Expired' : `${duration(Math.ceil(left))} left`
  if (left === 0) clearInterval(ticking)
}
