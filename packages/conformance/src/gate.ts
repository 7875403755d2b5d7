/** Holds up whoever passes until it is opened, and tells when the first one stands before it. */
export interface Gate {
  readonly reached: Promise<void>
  pass(): Promise<void>
  open(): void
}

/** Makes a {@link Gate}. */
export function createGate(): Gate {
  let [arrive, open] = [(): void => {}, (): void => {}]
  const reached = new Promise<void>((resolve) => (arrive = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    reached,
    pass: () => {
      arrive()
      return opened
    },
    open: () => open(),
  }
}
