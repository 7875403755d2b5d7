import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'

/** How many times a second the disk takes a page of 4 KiB and says that it has it. */
export function commitsPerSecond(file: string, forMs: number): number {
  const page = Buffer.alloc(4096, 1)
  const descriptor = openSync(file, 'w')
  const started = performance.now()
  let commits = 0
  try {
    while (performance.now() - started < forMs) {
      writeSync(descriptor, page)
      fsyncSync(descriptor)
      commits += 1
    }
    return (commits * 1000) / (performance.now() - started)
  } finally {
    closeSync(descriptor)
  }
}
