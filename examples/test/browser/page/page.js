// What the pages of the tests can do: those of the shop and those of a thief alike. A classic script,
// so that a sandboxed frame, whose origin is opaque, loads it too.
Object.assign(globalThis, {
  /** Sends a request, and tells what this page may read of the answer. */
  async call(url, init) {
    try {
      const answer = await fetch(url, init)
      const challenge = answer.headers.get('www-authenticate')
      return { status: answer.status, text: await answer.text(), challenge }
    } catch {
      return 'nothing'
    }
  },

  /** Has an element of the page fetch an address. */
  async embed(tag, url) {
    const element = document.createElement(tag)
    const over = new Promise((resolve) => {
      element.addEventListener('load', () => resolve())
      element.addEventListener('error', () => resolve())
    })
    if (tag === 'link') Object.assign(element, { rel: 'stylesheet', href: url })
    else element.src = url
    document.body.append(element)
    await over
  },

  /** Submits a form into a frame, so that this page stays. */
  async submit(action, fields, method = 'POST') {
    const frame = document.createElement('iframe')
    frame.name = `answer-${document.forms.length}`
    document.body.append(frame)
    const form = document.createElement('form')
    Object.assign(form, { action, method, target: frame.name })
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement('input')
      Object.assign(input, { type: 'hidden', name, value })
      form.append(input)
    }
    document.body.append(form)
    const over = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
    form.submit()
    await over
  },

  /** Opens a WebSocket. Resolves with its first message, or with how it closed. */
  openSocket(url, protocols) {
    const socket = new WebSocket(url, protocols)
    globalThis.socketClosed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
    })
    const greeted = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve({ data, protocol: socket.protocol }))
    })
    return Promise.race([greeted, globalThis.socketClosed])
  },

  /** Opens a stream of events. Resolves with its first event, or when the browser gives up. */
  openEvents(url, init) {
    const events = new EventSource(url, init)
    globalThis.events = events
    globalThis.eventsOver = new Promise((resolve) => {
      events.addEventListener('error', () => {
        if (events.readyState === EventSource.CLOSED) resolve('given up')
      })
    })
    const first = new Promise((resolve) => {
      events.addEventListener('message', ({ data }) => resolve(data))
    })
    return Promise.race([first, globalThis.eventsOver])
  },

  /** Reads a stream of events with `fetch`, which can send a header. Resolves with its beginning. */
  async openStream(url, init) {
    const answer = await fetch(url, init)
    if (!answer.ok) return answer.status
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    const { value } = await reader.read()
    globalThis.streamOver = reader.read().then(({ done }) => done)
    return value
  },

  /** Leaves nothing behind for the next test. */
  tidy() {
    globalThis.events?.close()
    document.body.replaceChildren()
  },
})
