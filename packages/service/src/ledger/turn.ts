/** Runs work when everything that came in with this turn of the event loop has been handled. */
export function atTurnsEnd(work: () => void): void {
  setImmediate(work)
}

/** Runs work after so many milliseconds; it keeps the process alive until then, since somebody waits. */
export function later(ms: number, work: () => void): void {
  setTimeout(work, ms)
}
