import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasMongo, type MongoServer, startMongo } from '../../../../scripts/servers/mongodb.ts'
import { curl, hasCurl } from '../curl/curl.ts'
import { readClaims } from '../support/tokens.ts'
import { sha256 } from '../../src/contracts/mint.ts'
import { ask, Orders, Load } from './load.ts'
import { expectKept } from './expect-kept.ts'
import { endNodes, makeConsoleTokens, startNode } from './node.ts'

afterEach(endNodes)

describe.skipIf(!hasMongo())('a service on MongoDB', () => {
  let server: MongoServer

  beforeAll(async () => {
    server = await startMongo()
  }, 300_000)
  afterAll(() => server[Symbol.asyncDispose]())

  it.skipIf(!hasCurl())(
    'does what Telesign’s tutorial does, and keeps it under its names',
    async () => {
      const database = server.address('jwt_db')
      const node = await startNode({ database, args: ['--store-tokens'] })
      const xid = '1b4e28ba-2fa1-11d2-883f-0016d3cca427'
      const token = await curl(`${node.url}/v1/token/15555551212/${xid}`)
      expect(readClaims(token)).toMatchObject({ phn: '15555551212', xid })
      const client = new MongoClient(database)
      const tokens = client.db().collection('tokens')
      const byXid = await tokens.findOne({ xid })
      expect(byXid).toMatchObject({ kind: 'telesign', phone_number: '15555551212', xid })
      // What it keeps of the text nobody can use.
      expect(String(byXid?.['token'])).not.toContain(token.split('.')[1])
      expect(byXid?.['token_hash']).toBe(sha256(token.slice(0, token.lastIndexOf('.'))))
      expect(await tokens.find({ phone_number: '15555551212' }).toArray()).toStrictEqual([byXid])
      await client.close()
    },
    60_000,
  )

  it('forgets nothing that it has answered when a node and the database are killed', async () => {
    if (!server.isOwn) return
    const database = server.address('killed')
    const [token = ''] = await makeConsoleTokens(database, ['app'])
    let node = await startNode({ database, args: ['--no-rate-limits'] })
    const load = new Load({
      urls: [node.url],
      tokens: [token],
      orders: new Orders('m'),
      together: 4,
      tries: 1,
    })
    await load.more(40)
    await node.kill()
    await load.end()
    await server.kill()
    await server.start()
    node = await startNode({ database, args: ['--no-rate-limits'] })
    expect((await ask(`${node.url}/readyz`))?.status).toBe(200)
    await expectKept(node.url, load.given, [token])
  }, 120_000)
})
