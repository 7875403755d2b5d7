/** What a check found: how much it looked at, and what is wrong. */
export interface Findings {
  /** For example `'41 files'`. */
  readonly checked: string
  readonly faults: readonly string[]
}

/** Prints what a check found, and makes the process fail when there is a fault. */
export function report(name: string, { checked, faults }: Findings): void {
  if (faults.length === 0) {
    console.log(`${name}: ${checked}, all in order`)
    return
  }
  for (const fault of faults) console.error(fault)
  console.error(`${name}: ${checked}, ${faults.length} at fault`)
  process.exitCode = 1
}
