import type { IncomingMessage, ServerResponse } from 'node:http'
import { alarm } from '@mayfly/core/adapter'
import { createTokenService } from '../create-token-service.ts'
import { databaseKind } from '../ledger/database-kind.ts'
import { writeResponse } from '../http/answer.ts'
import { problemResponse, stillStarting } from '../http/problem.ts'
import { createLogger } from '../ops/log.ts'
import { listen, type RunningServer } from '../server/listen.ts'
import { consoleTokenPlace } from './console-token.ts'
import type { ServeFlags } from './options.ts'
import { readSettings } from './settings.ts'
import type { ServeWorld } from './world.ts'

/**
 * Serves until the process is asked to end, then ends in order. A second wish to end is granted at once,
 * since nobody listens to it any more.
 *
 * @throws {OptionError} when the command line is wrong; `LedgerError` when the ledger cannot be opened.
 */
export async function serve(flags: ServeFlags, world: ServeWorld): Promise<void> {
  const settings = await readSettings(flags, world)
  const write = (line: string): void => world.stderr.write(line)
  const logger = createLogger({ level: settings.logLevel }, { write })
  // It listens first: where the port is taken nothing has been opened, and its address is the issuer.
  let handle = notYet
  let callOff: (() => void) | undefined
  const server = await listen((request, response) => handle(request, response), {
    ...settings.listen,
    observe: ({ type, ...event }) => logger[type === 'tls-reload' ? 'info' : 'warn'](event, type),
  })
  try {
    const place = consoleTokenPlace(flags.consoleTokenFile, world)
    const service = await createTokenService({
      issuer: server.url,
      ...settings.service,
      logger,
      ...(place.onConsoleToken !== undefined && { onConsoleToken: place.onConsoleToken }),
    })
    try {
      handle = service.router
      greet(server, [settings.service.issuer, settings.service.database], place.words(), world)
      logger.info({ at: server.url }, 'serving')
      logger.info({ signal: await stopAsked(world) }, 'ending')
      service.drain()
      callOff = alarm(world.clock, settings.shutdownTimeoutMs, () => {
        logger.warn({}, 'ended before the ledger was done: what was not answered may not be in it')
        world.exit()
      })
      const cut = await server.close()
      logger.info({ cut }, 'ended')
    } finally {
      await service.close()
    }
  } finally {
    callOff?.()
    await server.close()
  }
}

function notYet(_request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = problemResponse(stillStarting())
  const type = { 'content-type': 'application/problem+json' }
  writeResponse(response, { status, headers: { ...headers, ...type }, body })
}

function stopAsked(world: ServeWorld): Promise<string> {
  return new Promise((resolve) => {
    const off = world.onStop((signal) => {
      off()
      resolve(signal)
    })
  })
}

function greet(
  { url }: RunningServer,
  [issuer = url, database = '']: readonly (string | undefined)[],
  words: readonly string[],
  { stdout }: ServeWorld,
): void {
  // A URL of a database may hold a password.
  const kind = databaseKind(database)
  const ledger = kind === 'SQLite' ? database : kind
  const lines = [
    `Mayfly issues tokens at ${url}`,
    '',
    `  issuer    ${issuer}`,
    `  console   ${url}/console/`,
    `  keys      ${url}/.well-known/jwks.json`,
    `  API       ${url}/openapi.json`,
    `  ledger    ${ledger === ':memory:' ? 'in memory: it is gone when this ends' : ledger}`,
    '',
    ...words.flatMap((line) => [line, '']),
  ]
  stdout.write(`${lines.join('\n')}\n`)
}
