// Wires the page: live readings come in by server-sent events, buttons go out as calls.
import { callFromForeignOrigin, callGateway, openForeignPage } from './calls.js'
import { createInstrument } from './instrument.js'
import { showLog } from './log.js'
import { explainCall, explainForeign } from './words.js'

const element = (id) => document.getElementById(id)
const readJson = async (path, init) => (await fetch(path, init)).json()

const config = await readJson('config')
const instrument = createInstrument(config.life)
const foreignFrame = element('foreign')
const foreignPage = openForeignPage(foreignFrame, config)

function listen() {
  const events = new EventSource('events')
  let lost = false
  events.onopen = () => {
    // A demo that was started again has its gateways elsewhere.
    if (lost) location.reload()
    showLink('Live', true)
  }
  events.onerror = () => {
    lost = true
    instrument.lose()
    showLink('Not connected', false)
  }
  events.onmessage = ({ data }) => {
    const snapshot = JSON.parse(data)
    instrument.show(snapshot)
    showLog(element('log'), snapshot.entries)
    const clockIsAhead = snapshot.apiAheadMs > 0
    element('clock').setAttribute('aria-pressed', String(clockIsAhead))
    element('clock-note').textContent = clockIsAhead
      ? 'press again to set it right'
      : 'all tokens look ended to it'
  }
}

function showLink(text, live) {
  element('link').textContent = text
  element('link').classList.toggle('live', live)
}

const ACTIONS = {
  foreign: async () => {
    await foreignPage
    return explainForeign(await callFromForeignOrigin(foreignFrame, config))
  },
  clock: async () => {
    const { apiAheadMs } = await readJson('state')
    return act(apiAheadMs > 0 ? 'clock-back' : 'clock-ahead')
  },
  revoke: () => act('revoke'),
  burst: () => act('burst'),
}

function act(name) {
  return readJson(`actions/${name}`, { method: 'POST' })
}

/** Calls through a gateway, and explains by what has changed meanwhile. */
async function call(gateway, via) {
  const before = await readJson('state')
  const answer = await callGateway(gateway, via, config)
  const after = await readJson('state')
  return explainCall({ gateway, via, answer, before: before.tally, after: after.tally })
}

const NO_ANSWER = {
  tone: 'bad',
  head: 'No answer',
  words: 'The demo did not answer. Is it still running in your terminal?',
}

// One thing at a time, so that the difference that a call made is its own.
let turn = Promise.resolve()
function inTurn(task) {
  turn = turn.then(task).catch(() => {})
}

function run(task) {
  inTurn(async () => {
    document.body.classList.add('busy')
    showResult(await task().catch(() => NO_ANSWER))
    document.body.classList.remove('busy')
  })
}

function showResult({ tone, head, words, facts = {} }) {
  const result = element('result')
  result.dataset.tone = tone
  result.querySelector('.result-head').textContent = head
  result.querySelector('.result-words').textContent = words
  const rows = Object.entries(facts).map(([name, value]) => {
    const row = document.createElement('div')
    row.append(textElement('dt', name), textElement('dd', value))
    return row
  })
  result.querySelector('.facts').replaceChildren(...rows)
}

function textElement(tag, text) {
  const node = document.createElement(tag)
  node.textContent = text
  return node
}

for (const button of document.querySelectorAll('[data-call]')) {
  const { call: gateway, via } = button.dataset
  button.addEventListener('click', () => run(() => call(gateway, via)))
}
for (const button of document.querySelectorAll('[data-action]')) {
  button.addEventListener('click', () => run(ACTIONS[button.dataset.action]))
}

// Steady calls are told by the instrument and the log alone: a result every two seconds would drown
// the others.
setInterval(() => {
  if (element('steady').checked) inTurn(() => callGateway('Express', 'fetch', config))
}, 2000)

listen()
