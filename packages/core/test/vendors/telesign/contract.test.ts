import { telesign } from '@mayfly/core/vendors'
import { judgeTelesignToken } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { testVendorContract, type VendorBench } from '../contract.ts'

/** A bench without HTTP: the app hands the token to Telesign's server, which judges it. */
async function start(clock: FakeClock): Promise<VendorBench> {
  const secrets = [
    Buffer.from('the first key of the customer, of 47 characters').toString('base64'),
  ]
  let offsetMs = 0
  const judge = (token: string, apiKey: string): boolean => {
    const server = { now: () => clock.now() + offsetMs }
    const customer = { customerId: 'customer', apiKey, phoneNumber: '15555551212', clock: server }
    return judgeTelesignToken(token, customer).accepted
  }
  return {
    source: (options = {}) => {
      const apiKey = (): string => secrets.at(-1) ?? ''
      const own = { customerId: 'customer', apiKey, phoneNumber: '15555551212', clock }
      return telesign({ ...own, ...options })
    },
    client: (source) => async () => {
      const { value } = await source.getToken()
      // The way to the app and on to Telesign takes longer than signing.
      await new Promise(setImmediate)
      // While a key is exchanged, Telesign takes tokens of both.
      return secrets.some((apiKey) => judge(value, apiKey)) ? 200 : 401
    },
    setServerClock: (ms) => {
      offsetMs = ms
    },
    rotateKey: () => {
      secrets.push(
        Buffer.from('the second key of the customer, of 48 characters').toString('base64'),
      )
    },
    secrets,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

testVendorContract({
  vendor: 'telesign',
  start,
  badOptions: [
    ['no customer', { customerId: undefined }, 'customerId'],
    ['no API key', { apiKey: undefined }, 'apiKey'],
    ['a number with a plus', { phoneNumber: '+15555551212' }, 'phoneNumber'],
  ],
  // Nothing tells the time: no more than the backdate can be made up for, or what is left of a token.
  clockOffsetsMs: [60_000, -10_000],
  without: ['revokeTokens'],
})
