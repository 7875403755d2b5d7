import { readClaims } from '../support/tokens.ts'

/** Something that a client wants a token for. */
export type Order =
  | { readonly kind: 'telesign'; readonly phone: string; readonly xid: string }
  | { readonly kind: 'voicegain' }
  | { readonly kind: 'token' }

/** A token that a client was answered. */
export interface Given {
  readonly kind: Order['kind']
  readonly tokenId: string
  readonly token: string
}

/** What came of one request: `status` is 0 where no answer came. */
export interface Outcome {
  readonly status: number
  readonly given?: Given
}

let sent = 0

/** An address of one's own for each request, for nodes that believe the proxy before them. */
function someAddress(): string {
  sent += 1
  return `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`
}

/** Asks a node. Gives `undefined` where no whole answer comes. */
export async function ask(
  url: string,
  init: RequestInit & { readonly token?: string; readonly address?: string } = {},
): Promise<{ status: number; text: string; headers: Headers } | undefined> {
  const { token, address = someAddress(), headers, ...rest } = init
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const response = await fetch(url, {
      ...rest,
      headers: { 'x-forwarded-for': address, ...authorization, ...(headers as object) },
    })
    return { status: response.status, text: await response.text(), headers: response.headers }
  } catch {
    return undefined
  }
}

/** Sends one order to a node. */
export async function sendOrder(url: string, order: Order, token: string): Promise<Outcome> {
  const answer = await request(url, order, token)
  if (answer === undefined) return { status: 0 }
  const { status, text } = answer
  if (status !== 200 && status !== 201) return { status }
  if (order.kind === 'telesign') {
    return { status, given: { kind: order.kind, tokenId: order.xid, token: text } }
  }
  const given = order.kind === 'token' ? (JSON.parse(text) as { token: string }).token : text
  return {
    status,
    given: { kind: order.kind, tokenId: String(readClaims(given)['jti']), token: given },
  }
}

function request(url: string, order: Order, token: string) {
  if (order.kind === 'telesign') return ask(`${url}/v1/token/${order.phone}/${order.xid}`)
  if (order.kind === 'voicegain') {
    return ask(`${url}/security/jwt?aud=app.example.com&expInSec=3600`, { token })
  }
  return ask(`${url}/tokens`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"audience":"orders","expiresIn":3600,"subject":"alice"}',
  })
}

const KINDS = ['telesign', 'voicegain', 'token'] as const

/** Writes orders: a number and an xid of its own for each of Telesign's. */
export class Orders {
  readonly #name: string
  #count = 0

  constructor(name: string) {
    this.#name = name
  }

  next(): Order {
    const count = this.#count
    this.#count += 1
    const kind = KINDS[count % KINDS.length] ?? 'token'
    if (kind !== 'telesign') return { kind }
    return { kind, phone: String(15_550_000_000 + sent), xid: `${this.#name}-${count}` }
  }
}

/** How a {@link Load} is put on nodes. */
export interface LoadOptions {
  readonly urls: readonly string[]
  /** Console tokens to take in turn. */
  readonly tokens: readonly string[]
  readonly orders: Orders
  /** How many clients there are. Each sends one request at a time. */
  readonly together: number
  /** How often a client tries an order, at one node after the other. */
  readonly tries: number
}

/** Clients that ask for tokens without pause. */
export class Load {
  readonly given: Given[] = []
  readonly ordered: Order[] = []
  /** Answers that a client cannot mend by asking another node, and orders that it has given up. */
  readonly failures: Outcome[] = []
  readonly #options: LoadOptions
  readonly #ended: Promise<unknown>
  #isOver = false
  #wake: (() => void) | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    this.#ended = Promise.all(
      Array.from({ length: options.together }, (_, client) => this.#work(client)),
    )
  }

  /** Waits until so many more were given. */
  async more(count: number): Promise<void> {
    const goal = this.given.length + count
    while (this.given.length < goal) {
      const next = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([next, this.#ended])
      if (this.#isOver) return
    }
  }

  /** Lets the clients finish. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#ended
  }

  async #work(client: number): Promise<void> {
    while (!this.#isOver) {
      const order = this.#options.orders.next()
      this.ordered.push(order)
      const { given, status } = await this.#place(order, client)
      if (given === undefined) this.failures.push({ status })
      else this.given.push(given)
      this.#wake?.()
      // There is no other node to turn to.
      if (status === 0) return
    }
  }

  async #place(order: Order, client: number): Promise<Outcome> {
    const { urls, tokens, tries } = this.#options
    const token = tokens[client % tokens.length] ?? ''
    let outcome: Outcome = { status: 0 }
    for (let tried = 0; tried < tries; tried += 1) {
      const url = urls[(client + tried) % urls.length] ?? ''
      outcome = await sendOrder(url, order, token)
      // As clients do: who cannot be reached, or says that it cannot now, is not asked again at once.
      if (outcome.status !== 0 && outcome.status !== 503) return outcome
    }
    return outcome
  }
}
