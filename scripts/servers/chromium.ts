import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { type Binary, binaryForTests } from './binary.ts'

export type { BrowserContext, Frame, Page } from 'playwright-core'

const CHROMIUM: Binary = {
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  package: 'chromium',
}

/** It talks to nobody but the servers of the test's pages. */
const ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Cookies are sent whichever site asks, as some browsers still do: tests are for the worst of them. */
const PREFERENCES = { profile: { cookie_controls_mode: 0 } }

/** A Chromium without a window, with a profile of its own. */
export interface Chromium extends AsyncDisposable {
  readonly context: BrowserContext
}

/** The program that `CHROMIUM_PATH` names, or one on the PATH. */
function findChromium(): string | undefined {
  return process.env['CHROMIUM_PATH'] ?? binaryForTests(CHROMIUM)
}

/** Tells whether there is a Chromium to test with; see {@link binaryForTests}. */
export function hasChromium(): boolean {
  return findChromium() !== undefined
}

/** Starts a Chromium. */
export async function startChromium(): Promise<Chromium> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('There is no Chromium.')
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-chromium-'))
  mkdirSync(join(folder, 'Default'))
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(PREFERENCES))
  const context = await chromium.launchPersistentContext(folder, { executablePath, args: ARGS })
  return {
    context,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
