/** The element of an id. Every id that is asked for is in index.html. */
export const byId = (id) => document.getElementById(id)

/** Makes an element that holds text, never markup: what tokens say is not ours. */
export function element(name, text = '', className = '') {
  const made = document.createElement(name)
  made.textContent = text
  if (className !== '') made.className = className
  return made
}

/** Shows what went wrong, until something works again. */
export function showProblem(text) {
  const notice = byId('notice')
  notice.hidden = text === ''
  notice.textContent = text
}

/** Tells a screen reader what has been done. */
export function announce(text) {
  byId('status').textContent = text
  showProblem('')
}

/** Asks before something that cannot be undone. Resolves to whether to go on. */
export function confirmed({ title, text, yes }) {
  byId('confirm-title').textContent = title
  byId('confirm-text').textContent = text
  byId('confirm-yes').textContent = yes
  const dialog = byId('confirm')
  dialog.returnValue = 'cancel'
  dialog.showModal()
  byId('confirm-no').focus()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}

/** Copies a text, and says so on the button. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text)
    announce('Copied.')
    button.textContent = 'Copied'
  } catch {
    showProblem('This browser did not let the page copy: select the text and copy it yourself.')
  }
}

/** Does something that talks to the service, with its button disabled meanwhile. */
export async function busy(button, work) {
  button.disabled = true
  try {
    return await work()
  } catch (error) {
    showProblem(error.message)
    return undefined
  } finally {
    button.disabled = false
  }
}
