import type { AdapterExports } from '../src/driver.ts'
import { createNodeAdapter, type Middleware } from './node-adapter.ts'

type Adapter = AdapterExports<Middleware>

/** An adapter with one fault in it, and the cases that must find it. */
export interface FaultyAdapter {
  readonly fault: string
  readonly adapter: Adapter
  /** Beginnings of the names of cases. */
  readonly foundBy: readonly string[]
}

/** The adapter that the faults are put into. */
export const SOUND_ADAPTER: Adapter = createNodeAdapter()

/** Puts something around the middleware of one export. */
export function wrap(name: keyof Adapter, around: (inner: Middleware) => Middleware): Adapter {
  const make = SOUND_ADAPTER[name] as (...args: readonly unknown[]) => Middleware
  return {
    ...SOUND_ADAPTER,
    [name]: (...args: readonly unknown[]) => {
      const middleware = around(make(...args))
      Object.defineProperty(middleware, 'name', { value: name })
      return middleware
    },
  }
}
