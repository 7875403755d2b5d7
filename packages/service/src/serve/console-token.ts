import { reserveSecretFile } from './secret-file.ts'
import type { ServeWorld } from './world.ts'

/** Where the first console token goes. */
export interface ConsoleTokenPlace {
  /** What `createTokenService` is given: absent where there is no place for it. */
  readonly onConsoleToken?: (token: string) => Promise<void>
  /** What to tell people about it, once the service is up. */
  words(): readonly string[]
}

/**
 * Decides where the first console token goes: into a file, or onto a terminal. A log is no place for
 * it, so without either none is made.
 */
export function consoleTokenPlace(
  file: string | undefined,
  { stdout }: Pick<ServeWorld, 'stdout'>,
): ConsoleTokenPlace {
  let shown: readonly string[] = []
  if (file !== undefined) {
    return {
      onConsoleToken: async (token) => {
        const reserved = await reserveSecretFile('--console-token-file', file)
        await reserved.write(token)
        shown = [`The first console token is in ${file}.`]
      },
      words: () => shown,
    }
  }
  if (!stdout.isTTY) {
    return {
      words: () => [
        'Without a terminal no console token is shown: "mayfly serve console-token NAME" makes one, or --console-token-file.',
      ],
    }
  }
  return {
    onConsoleToken: async (token) => {
      shown = [
        'Your console token. It is shown this once: keep it where you keep passwords.',
        token,
      ]
    },
    words: () => shown,
  }
}
