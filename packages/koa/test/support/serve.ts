import { createServer, type Server } from 'node:http'
import type Koa from 'koa'

/** A server for supertest, or to listen by itself. */
export function serve<State, Context>(app: Koa<State, Context>): Server {
  const respond = app.callback()
  return createServer((req, res) => void respond(req, res))
}

/** Collects the errors of an application, which are printed otherwise. */
export function errorsOf<State, Context>(app: Koa<State, Context>): readonly unknown[] {
  const errors: unknown[] = []
  app.on('error', (error: unknown) => errors.push(error))
  return errors
}
