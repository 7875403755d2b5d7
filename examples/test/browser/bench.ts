import {
  type BrowserContext,
  type Chromium,
  type Frame,
  type Page,
  startChromium,
} from '../../../scripts/servers/chromium.ts'
import { type Api, type CreateApp, startApi } from './api.ts'
import { type PageName, type Pages, startPages } from './pages.ts'

/** What this page, or a frame of it, may read of an answer. */
export type Read =
  | 'nothing'
  | { readonly status: number; readonly text: string; readonly challenge: string | null }

/** A browser and the pages' servers: one of each for all tests, since they take their time. */
export class Shared {
  context!: BrowserContext
  pages!: Pages
  #browser: Chromium | undefined

  async start(): Promise<void> {
    ;[this.#browser, this.pages] = await Promise.all([startChromium(), startPages()])
    this.context = this.#browser.context
  }

  async close(): Promise<void> {
    await this.#browser?.[Symbol.asyncDispose]()
    await this.pages.close()
  }
}

/** An API on one framework, and the pages that call it. */
export class Bench {
  api!: Api
  readonly #create: CreateApp
  readonly #shared: Shared
  readonly #kept = new Map<string, Page>()
  readonly #left: Page[] = []

  constructor(create: CreateApp, shared: Shared) {
    this.#create = create
    this.#shared = shared
  }

  get pages(): Pages {
    return this.#shared.pages
  }

  async start(): Promise<void> {
    this.api = await startApi(this.#create, this.pages)
  }

  /** Gives a page that is open. */
  async open(name: PageName | 'api'): Promise<Page> {
    const page = this.#kept.get(name) ?? (await this.#load(name))
    this.#kept.set(name, page)
    return page
  }

  /** Opens a page that may be left for another. */
  async openAnew(name: PageName, query = ''): Promise<Page> {
    const page = await this.#load(name, query)
    this.#left.push(page)
    return page
  }

  /** Makes a token that is for the shop's page, wherever it is then. */
  token(): Promise<string> {
    return this.api.issue(this.pages.origins.app)
  }

  /** Leaves a token with the browser, which sends it with requests to the API. */
  async leaveCookie(value: string, sameSite: 'Strict' | 'Lax' | 'None'): Promise<void> {
    const { hostname: domain } = new URL(this.api.origin)
    const cookie = { name: 'token', value, domain, path: '/', httpOnly: true, sameSite }
    await this.#shared.context.addCookies([{ ...cookie, secure: sameSite === 'None' }])
  }

  /** Forgets what happened; pages that were not left stay open. */
  async tidy(): Promise<void> {
    await Promise.all([
      ...this.#left.splice(0).map((page) => page.close()),
      ...[...this.#kept.values()].map((page) => run(page, 'tidy')),
      this.#shared.context.clearCookies(),
    ])
    this.api.forget()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((page) => page.close()))
    await this.api[Symbol.asyncDispose]()
  }

  async #load(name: PageName | 'api', query = ''): Promise<Page> {
    const page = await this.#shared.context.newPage()
    await page.goto(`${name === 'api' ? this.api.origin : this.pages.origins[name]}/${query}`)
    return page
  }
}

/** Has the page's own script do something: see page/page.js. */
export async function run<T>(where: Page | Frame, name: string, ...args: unknown[]): Promise<T> {
  return await where.evaluate(
    ([name_, args_]) => {
      const what: unknown = Reflect.get(globalThis, name_)
      return (
        typeof what === 'function' ? Reflect.apply(what, undefined, args_) : what
      ) as Promise<T>
    },
    [name, args] as [string, unknown[]],
  )
}

/** Puts a sandboxed frame onto a page: whatever is in it has an opaque origin. */
export async function sandbox(page: Page): Promise<Frame> {
  const loaded = page.waitForEvent('framenavigated')
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts', src: '/' }))`,
  )
  const frame = await loaded
  await frame.waitForLoadState()
  return frame
}
