// Shows the journal, newest first. Entries that are there already are kept, so that nothing flickers.

const SPEAKERS = { you: 'You', mayfly: 'Mayfly', gateway: 'Gateway', api: 'API' }

export function showLog(list, entries) {
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]))
  const items = entries.toReversed().map((entry) => {
    const item = known.get(String(entry.id)) ?? createItem(entry)
    item.querySelector('.count').textContent = entry.count > 1 ? `× ${entry.count}` : ''
    return item
  })
  for (const [place, item] of items.entries()) {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null)
  }
  while (list.children.length > items.length) list.lastChild.remove()
}

function createItem({ id, at, speaker, tone, text }) {
  const item = document.createElement('li')
  item.dataset.id = id
  item.dataset.tone = tone
  item.dataset.speaker = speaker
  const when = new Date(at)
  const time = part('time', 'time', when.toLocaleTimeString(undefined, { hour12: false }))
  time.dateTime = when.toISOString()
  item.append(
    time,
    part('span', 'speaker', SPEAKERS[speaker]),
    part('span', 'text', text),
    part('span', 'count', ''),
  )
  return item
}

function part(tag, name, text) {
  const node = document.createElement(tag)
  node.className = name
  node.textContent = text
  return node
}
