// The instrument: a bar with the zones of the token's life, a marker that moves along, and readings.

const STATES = {
  unknown: ['–', 'Not connected. Start the demo again with npm start.'],
  empty: ['None', 'Nothing is minted before it is needed: the next call mints one.'],
  fresh: ['Fresh', 'Calls use it as it is.'],
  stale: ['Stale', 'Still good. The next call uses it, and a new one is minted in the background.'],
  expired: ['Expired', 'Too near its end to be used. The next call waits for a new one.'],
  ended: ['Ended', 'No timer runs, so nothing has replaced it. The next call waits for a new one.'],
}

const element = (id) => document.getElementById(id)
const still = matchMedia('(prefers-reduced-motion: reduce)')

export function createInstrument(life) {
  let reading
  let timeAhead = 0

  /** Takes a snapshot from the demo. */
  function show(snapshot) {
    reading = snapshot.stats
    timeAhead = snapshot.now - Date.now()
    element('served').textContent = reading.state === 'empty' ? '–' : reading.served
    element('mints').textContent = reading.mints
    element('rejected').textContent = reading.rejected
    element('offset').textContent = offsetText(reading.clockOffsetMs)
    drawZones()
    draw()
  }

  /** Says that no more snapshots come. */
  function lose() {
    reading = undefined
    document.body.dataset.state = 'unknown'
    element('marker').hidden = true
    setText('state', STATES.unknown[0])
    setText('advice', STATES.unknown[1])
    for (const id of ['age', 'refresh', 'expiry', 'served']) setText(id, '–')
  }

  function drawZones() {
    const refreshMargin = reading.refreshAt
      ? reading.expiresAt - reading.refreshAt
      : life.refreshMargin
    const spans = {
      backdated: life.backdate,
      fresh: life.lifetime - life.backdate - refreshMargin,
      stale: refreshMargin - life.expiryMargin,
      expired: life.expiryMargin,
    }
    for (const [name, seconds] of Object.entries(spans)) {
      document.querySelector(`[data-zone=${name}]`).style.width =
        `${(100 * seconds) / life.lifetime}%`
      document.querySelector(`[data-span=${name}]`).textContent = `${Math.round(seconds)} s`
    }
  }

  function draw() {
    if (reading === undefined) return
    const { issuedAt, refreshAt, expiresAt } = reading
    const now = (Date.now() + timeAhead) / 1000
    const state = stateAt(now, reading, life)
    const [word, advice] = STATES[state]
    setText('state', word)
    setText('advice', advice)
    document.body.dataset.state = state

    const there = state !== 'empty'
    element('marker').hidden = !there
    setText('age', there ? seconds(now - issuedAt - life.backdate) : '–')
    setText('refresh', there ? untilText(refreshAt - now) : '–')
    setText('expiry', there ? untilText(expiresAt - now) : '–')
    const spent = there ? Math.min(now - issuedAt, life.lifetime) : 0
    const shown = still.matches ? Math.max(Math.floor(spent), beginOf(state, reading, life)) : spent
    element('marker').style.left = `${(100 * shown) / life.lifetime}%`
    const bar = element('bar')
    bar.setAttribute('aria-valuemax', life.lifetime)
    bar.setAttribute('aria-valuenow', Math.floor(spent))
    bar.setAttribute('aria-valuetext', there ? `${word}, ${untilText(expiresAt - now)} left` : word)
  }

  function tick() {
    draw()
    requestAnimationFrame(tick)
  }
  drawScale()
  tick()
  return { show, lose }

  /** Numbers the bar by the token's age. */
  function drawScale() {
    for (let age = -life.backdate; age <= life.lifetime - life.backdate; age += 10) {
      const number = document.createElement('span')
      number.textContent = String(age).replace('-', '−')
      number.style.left = `${(100 * (age + life.backdate)) / life.lifetime}%`
      element('scale').append(number)
    }
  }
}

/** The age at which a state begins, counted from `iat`. */
function beginOf(state, { issuedAt, refreshAt, expiresAt }, { expiryMargin }) {
  if (state === 'stale') return refreshAt - issuedAt
  return state === 'expired' ? expiresAt - expiryMargin - issuedAt : 0
}

/** The state at a moment. Between two snapshots a token may have come of age. */
function stateAt(now, { state, refreshAt, expiresAt }, { expiryMargin }) {
  if (state === 'empty' || expiresAt === undefined) return 'empty'
  if (now >= expiresAt) return 'ended'
  if (now >= expiresAt - expiryMargin) return 'expired'
  return now >= refreshAt ? 'stale' : 'fresh'
}

function setText(id, text) {
  const node = element(id)
  if (node.textContent !== text) node.textContent = text
}

function seconds(value) {
  return `${Math.max(0, Math.floor(value))} s`
}

function untilText(value) {
  return value <= 0 ? 'now' : `${Math.ceil(value)} s`
}

function offsetText(ms) {
  const value = Math.round(ms / 1000)
  return value === 0 ? 'in step' : `${value > 0 ? '+' : '−'}${Math.abs(value)} s`
}
