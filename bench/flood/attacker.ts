import autocannon from 'autocannon'

/** What the attacker is told: where to send which tokens, how many a second, and for how long. */
export interface Order {
  readonly url: string
  readonly tokens: readonly string[]
  readonly perSecond: number
  readonly seconds: number
  /** So many requests, however long they take. */
  readonly amount?: number
}

/** What came of it. */
export interface Flooded {
  readonly perSecond: number
  readonly refused: number
  readonly others: number
}

// In a process of its own, so that good traffic does not wait for it where it is made.
process.on('message', (order: Order) => {
  flood(order).then(
    (flooded) => process.send?.(flooded),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit())

async function flood({ url, tokens, perSecond, seconds, amount }: Order): Promise<Flooded> {
  let next = 0
  const {
    requests,
    errors,
    '4xx': refused,
    non2xx,
    '2xx': passed,
  } = await autocannon({
    url,
    connections: 50,
    ...(amount === undefined
      ? { duration: seconds, overallRate: perSecond }
      : { amount, sampleInt: 50 }),
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          headers: { authorization: `Bearer ${tokens[next++ % tokens.length]}` },
        }),
      },
    ],
  })
  return { perSecond: requests.average, refused, others: passed + errors + non2xx - refused }
}
