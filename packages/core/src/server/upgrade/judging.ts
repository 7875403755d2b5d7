import type { UpgradeSocket } from './refuse.ts'

/** Shared by all copies of this package. */
const JUDGING: unique symbol = Symbol.for('mayfly.upgrade')

interface Judged extends UpgradeSocket {
  [JUDGING]?: boolean
}

/** What is told to whoever has two listeners decide about one upgrade. */
export const JUDGED_TWICE =
  'An upgrade was handed to upgradeAuth again before it was let through. Let one listener for "upgrade" decide, by the path, which upgradeAuth it goes to.'

/**
 * Notes that an upgrade is being judged, or was refused. Gives `false` where it was noted before: two
 * that answer on one connection would write into what the other has opened.
 */
export function beginJudging(socket: Judged): boolean {
  if (socket[JUDGING] === true) return false
  socket[JUDGING] = true
  return true
}

/** An upgrade that was let through may be judged again, by whoever it was handed to. */
export function endJudging(socket: Judged): void {
  socket[JUDGING] = false
}
