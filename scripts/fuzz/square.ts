import fc from 'fast-check'
import { target } from './target.ts'

/** What takes the square of the time, to see that it would be noticed among others that do not. */
export const SQUARE = target({
  name: 'square',
  inputs: fc.string(),
  check(text: string) {
    for (let at = 0; at < text.length; at++) {
      for (let back = at; back >= 0 && text[back] === '\\'; back--) continue
    }
  },
  large: Array.from({ length: 40 }, (_, index) => ({
    name: `${index}`,
    make: (size: number) => (index === 0 ? '\\' : 'a').repeat(size / 60),
  })),
})
