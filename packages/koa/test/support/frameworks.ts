import Koa from 'koa'
import Koa2 from 'koa2'

/** Both versions that the adapter is for, under the types of the newer one. */
export const frameworks: readonly (readonly [name: string, framework: typeof Koa])[] = [
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
]
