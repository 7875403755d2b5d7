import { openLedger } from '@mayfly/service'
import { Client } from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'
import { testLedger } from './conformance.ts'

describe.skipIf(!hasPostgres())('with a real server', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client(server.url)
    await client.connect()
  }, 60_000)

  afterAll(async () => {
    await client.end()
    await server[Symbol.asyncDispose]()
  })

  testLedger('PostgreSQL', async () => {
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    return openLedger({ database: server.url })
  })
})
