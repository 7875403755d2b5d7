import { call } from './api.js'
import { announce, busy, byId, confirmed, copy, element } from './page.js'
import { distance } from './words.js'

const STATES = { next: 'next', active: 'signing', old: 'old' }

/** Makes rotation and regeneration work. `onToken` is given the new console token. */
export function prepareKeys(onToken) {
  byId('rotate').addEventListener('click', () => void rotate())
  byId('regenerate').addEventListener('click', () => void regenerate(onToken))
  byId('fresh-copy').addEventListener('click', () => {
    void copy(byId('fresh-token').textContent, byId('fresh-copy'))
  })
  byId('fresh').addEventListener('close', () => {
    byId('fresh-token').textContent = ''
    byId('fresh-copy').textContent = 'Copy'
  })
}

/** Shows the keys. */
export async function loadKeys() {
  const { keys } = await call('keys')
  byId('keys').replaceChildren(...keys.map(line))
}

function line({ keyId, algorithm, state, activeFrom, neededUntil }) {
  const made = document.createElement('li')
  const now = Date.now() / 1000
  const words = {
    next: `next, signs ${distance(activeFrom ?? now, now)}`,
    active: 'signing',
    old: neededUntil === undefined ? 'old' : `old, published until its last token ends`,
  }
  const name = element('code', `${keyId.slice(0, 12)}…`)
  name.title = keyId
  made.append(element('span', words[state], `state ${STATES[state]}`), ` · ${algorithm} · `, name)
  return made
}

async function rotate() {
  const go = await confirmed({
    title: 'Rotate the signing keys?',
    text: 'A new key is published now, and signs once everybody who checks tokens can know it. Tokens of the old key stay good until they end.',
    yes: 'Rotate',
  })
  if (!go) return
  await busy(byId('rotate'), async () => {
    await call('keys/rotate', { method: 'POST', json: {} })
    await loadKeys()
    announce('A new key has been made.')
  })
}

async function regenerate(onToken) {
  const go = await confirmed({
    title: 'Regenerate your console token?',
    text: 'The token that you have now stops working at once, here and in every program that uses it.',
    yes: 'Regenerate',
  })
  if (!go) return
  await busy(byId('regenerate'), async () => {
    const token = await call('security/jwt/regenerate', { method: 'POST' })
    onToken(token)
    byId('fresh-token').textContent = token
    byId('fresh').showModal()
    announce('There is a new console token.')
  })
}
