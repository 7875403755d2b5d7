import { styleText } from 'node:util'
import type { CliIo, CliOutput } from './io.ts'

/** What {@link styleText} calls its styles, as far as they are used here. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Writes text in a style, or as it is where nobody would see colours. */
export type Paint = (style: Style | readonly Style[], text: string) => string

/**
 * Decides about colours for one output: never with `NO_COLOR`, always with `FORCE_COLOR` (but for `0` and
 * `false`), otherwise on a terminal that is not a dumb one.
 */
export function hasColors(env: CliIo['env'], output: CliOutput): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '', TERM: terminal } = env
  if (no !== '' || force === '0' || force === 'false') return false
  if (force !== '') return true
  return output.isTTY && terminal !== 'dumb'
}

/** Makes the function that paints for one output. */
export function painter(env: CliIo['env'], output: CliOutput): Paint {
  return hasColors(env, output) ? paintAny : (_style, text) => text
}

/** Paints whatever the output is. */
export function paintAny(style: Style | readonly Style[], text: string): string {
  return styleText(typeof style === 'string' ? style : [...style], text, { validateStream: false })
}
