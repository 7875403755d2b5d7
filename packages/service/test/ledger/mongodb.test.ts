import { openLedger } from '@mayfly/service'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMongo, type MongoServer, startMongo } from '../../../../scripts/servers/mongodb.ts'
import { testLedger } from './conformance.ts'
import { NOW, tokenRecord } from './records.ts'

describe.skipIf(!hasMongo())('with a server of its protocol', () => {
  let server: MongoServer
  let databases = 0

  beforeAll(async () => {
    server = await startMongo()
  }, 300_000)
  afterAll(() => server[Symbol.asyncDispose]())

  const next = (): string => {
    databases += 1
    return server.address(`ledger_${databases}`)
  }

  testLedger('MongoDB', () => openLedger({ database: next() }))

  it('is made by several nodes at once, and opens again', async () => {
    const database = next()
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () => openLedger({ database, retention: 86_400 })),
    )
    await Promise.all(nodes.map((node, at) => node.record(tokenRecord(`t${at}`))))
    const [first] = nodes
    expect((await first?.list({ limit: 9 }))?.tokens).toHaveLength(4)
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('is refused when a newer version of the service has been there', async () => {
    const database = next()
    await (await openLedger({ database })).close()
    const client = new MongoClient(database)
    const schema = { _id: 'schema' as never }
    await client
      .db()
      .collection('counters')
      .updateOne(schema, { $set: { value: 99 } })
    await client.close()
    await expect(openLedger({ database })).rejects.toMatchObject({
      code: 'ERR_LEDGER_SCHEMA',
      message: expect.stringMatching(/schema 99, .* knows 1\./),
    })
  })

  it('says that it cannot be reached, without its password, and goes on when it can', async () => {
    if (!server.isOwn) return
    const database = next().replace('?', '')
    const ledger = await openLedger({ database })
    await ledger.record(tokenRecord('before'))
    await server.kill()
    const failure: unknown = await ledger.record(tokenRecord('lost')).catch((e: unknown) => e)
    expect(failure).toMatchObject({ code: 'ERR_LEDGER_UNAVAILABLE' })
    await server.start()
    await ledger.record(tokenRecord('after', { issuedAt: NOW + 1 }))
    const { tokens } = await ledger.list({ limit: 9 })
    expect(tokens.map(({ tokenId }) => tokenId)).toContain('before')
    await ledger.close()
  }, 60_000)

  it.each(['mongodb://', 'mongodb://user:s3cret@', 'mongodb://user:s3cret@:x/'])(
    'refuses the address %s by name, and repeats no password',
    async (database) => {
      const failure: unknown = await openLedger({ database }).catch((e: unknown) => e)
      expect(failure).toMatchObject({ name: 'OptionError', option: 'database' })
      expect(String(failure)).not.toContain('s3cret')
    },
  )
})
