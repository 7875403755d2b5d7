import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTokenService, SCOPES, type TokenService } from '@mayfly/service'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Chromium,
  hasChromium,
  type Page,
  startChromium,
} from '../../../../scripts/servers/chromium.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const FAINT_TEXTS = readFileSync(new URL('faint-texts.js', import.meta.url), 'utf8')
const WHAT_IS_KEPT = `(async () => JSON.stringify([
  { ...localStorage, ...sessionStorage },
  document.cookie,
  location.href,
  document.documentElement.outerHTML,
  await indexedDB.databases(),
]))()`
const INJECT = `
  const script = document.createElement('script')
  script.append('document.title = "taken"')
  document.body.append(script)`
const TELESIGN = {
  customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  apiKey: 'dGVsZXNpZ24tdGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg==',
}

describe.skipIf(!hasChromium())('the console', () => {
  let chromium: Chromium
  let service: TokenService
  let server: Server
  let url: string
  let page: Page
  /** What the browser complained of: a policy that was broken, an error that nobody caught. */
  let complaints: string[]

  beforeAll(async () => {
    chromium = await startChromium()
  }, 30_000)
  afterAll(() => chromium[Symbol.asyncDispose]())
  beforeEach(async () => {
    let handle = (_request: unknown, response: { end(): void }): void => response.end()
    server = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    service = await createTokenService({
      issuer: url,
      database: ':memory:',
      telesign: TELESIGN,
      rateLimits: null,
      logger: SILENT,
    })
    handle = service.router as never
    page = await chromium.context.newPage()
    complaints = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => void complaints.push(error.message))
  })
  afterEach(async () => {
    await page.close()
    server.closeAllConnections()
    server.close()
    await service.close()
  })

  const consoleToken = () => service.createConsoleToken('console', { scope: SCOPES })
  const open = async (token?: string): Promise<string> => {
    const used = token ?? (await consoleToken())
    await page.goto(`${url}/console`)
    await page.getByLabel('Console token', { exact: true }).fill(used)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Issue a token' }).waitFor()
    return used
  }
  const rowOf = (text: string) => page.getByRole('row').filter({ hasText: text })

  it('issues a token for an origin and shows what is in it, by the keyboard alone', async () => {
    await open()
    // After opening, the reader is at the content: the first field is the next stop.
    await page.keyboard.press('Tab')
    await page.keyboard.type('app.example.com')
    await page.keyboard.press('Enter')
    const shown = page.locator('#issued-token')
    await shown.waitFor()
    const [header = '', payload = ''] = (await shown.innerText()).split('.')
    expect(JSON.parse(atob(header))).toMatchObject({ alg: 'ES256' })
    const inside = await page.locator('#inside').innerText()
    expect(inside).toContain('app.example.com')
    const { jti, exp, iat } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    expect(inside).toContain(jti)
    expect(exp - iat).toBe(300)
    await eventually(() => rowOf('app.example.com').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  it('finds tokens by xid, phone and audience, says their state, and revokes one', async () => {
    const xid = '1b4e28ba-2fa1-11d2-883f-0016d3cca427'
    await fetch(`${url}/v1/token/15555551212/${xid}`)
    await fetch(`${url}/v1/token/15555553434`)
    await open()
    await eventually(() => rowOf('telesign').count()).toBe(2)
    const find = async (field: string, text: string): Promise<void> => {
      await page.getByLabel('Search by').selectOption({ label: field })
      await page.getByLabel('Search for').fill(text)
      await page.getByRole('button', { name: 'Find' }).click()
    }
    await find('xid', xid)
    await eventually(() => rowOf('15555551212').count()).toBe(1)
    expect(await rowOf('15555553434').count()).toBe(0)
    await find('Phone', '15555553434')
    await eventually(() => rowOf('15555553434').count()).toBe(1)
    await find('Audience', 'nowhere.example')
    await page.getByText('No token matches.').waitFor()
    await find('xid', xid)
    await eventually(() => rowOf('15555551212').count()).toBe(1)
    await page.getByRole('button', { name: `Revoke ${xid}` }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await rowOf('15555551212').innerText()).toContain('active')
    await page.getByRole('button', { name: `Revoke ${xid}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await eventually(() => rowOf('15555551212').innerText()).toContain('revoked')
    expect(complaints).toEqual([])
  })

  it('pages through more tokens than fit', async () => {
    for (let count = 0; count < 25; count++) await fetch(`${url}/v1/token/1555555${1000 + count}`)
    await open()
    await eventually(() => rowOf('telesign').count()).toBeLessThan(25)
    await page.getByRole('button', { name: 'Older' }).click()
    await eventually(() => rowOf('telesign').count()).toBe(25)
    await eventually(() => page.getByRole('button', { name: 'Older' }).isVisible()).toBe(false)
  })

  it('regenerates the console token: shown once, the old one is dead, the page goes on', async () => {
    const before = await open()
    await page.getByRole('button', { name: 'Regenerate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Regenerate' }).click()
    const shown = page.locator('#fresh-token')
    await eventually(() => shown.innerText()).not.toBe('')
    const fresh = await shown.innerText()
    await page.getByRole('button', { name: 'I have it' }).click()
    await eventually(() => page.locator('#fresh-token').textContent()).toBe('')
    const statusWith = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`${url}/v1/tokens`, { headers })).status
    }
    expect([await statusWith(before), await statusWith(fresh)]).toEqual([401, 200])
    await page.getByRole('button', { name: 'Find' }).click()
    await eventually(() => rowOf('superseded').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  it('rotates the keys', async () => {
    await open()
    const keys = page.locator('#keys li')
    await eventually(() => keys.count()).toBe(1)
    await page.getByRole('button', { name: 'Rotate keys' }).click()
    await page.getByRole('button', { name: 'Rotate', exact: true }).click()
    await eventually(() => keys.count()).toBe(2)
    expect(await keys.allInnerTexts()).toContainEqual(expect.stringContaining('signing'))
  })

  it('says what is wrong with a token that it does not take, and keeps it nowhere', async () => {
    await page.goto(`${url}/console/`)
    for (const [token, words] of [
      ['nonsense', 'This is no token'],
      [(await consoleToken()).slice(0, -8), 'does not accept this console token'],
    ] as const) {
      await page.getByLabel('Console token', { exact: true }).fill(token)
      await page.keyboard.press('Enter')
      await eventually(() => page.getByRole('alert').innerText()).toContain(words)
      expect(await page.getByLabel('Console token', { exact: true }).inputValue()).toBe('')
    }
  })

  it('keeps the token in memory alone, and forgets all when it is locked or left', async () => {
    const token = await open()
    await page.getByLabel('Site that may use it').fill('app.example.com')
    await page.getByRole('button', { name: 'Issue' }).click()
    await page.locator('#issued-token').waitFor()
    const kept = await page.evaluate(WHAT_IS_KEPT)
    expect(kept).not.toContain(token.slice(-20))
    const issued = await page.locator('#issued-token').innerText()
    await page.getByRole('button', { name: 'Lock' }).click()
    const left = await page.evaluate<string>('document.documentElement.outerHTML')
    expect(left).not.toContain(issued.slice(-20))
    expect(await page.locator('#rows tr').count()).toBe(0)
    await open(token)
    await page.goto('about:blank')
    await page.goBack()
    expect(await page.getByRole('heading', { name: 'Issue a token' }).isVisible()).toBe(false)
  })

  it('shows what tokens say as text, whatever they say', async () => {
    const token = await consoleToken()
    const answer = await fetch(`${url}/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        audience: '<img src=x onerror="document.title=1">',
        subject: '<script>document.title=2</script>',
        expiresIn: 60,
      }),
    })
    expect(answer.status).toBe(201)
    await open(token)
    await eventually(() => rowOf('<img src=x').count()).toBe(1)
    expect(await page.title()).toBe('Token console')
    expect(complaints).toEqual([])
  })

  it('runs no code but its own, and cannot be framed', async () => {
    const { headers } = await fetch(`${url}/console/`)
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
    )
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|data:/)
    await page.goto(`${url}/console/`)
    await page.evaluate(INJECT)
    expect(await page.title()).toBe('Token console')
    expect(complaints.join('\n')).toMatch(/blocked|not be executed/)
  })

  it.each(['light', 'dark'] as const)('can be read in the %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await fetch(`${url}/v1/token/15555551212`)
    await open()
    expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
  })

  it('shows all of each row in a window of 1280 that is zoomed to 200 %', async () => {
    await page.setViewportSize({ width: 640, height: 400 })
    await fetch(`${url}/v1/token/15555551212`)
    await open()
    const overlap = `(() => {
      const box = document.querySelector('.scroll')
      return [document.querySelectorAll('#rows button').length > 0, box.scrollWidth - box.clientWidth]
    })()`
    await eventually(() => page.evaluate(overlap)).toStrictEqual([true, 0])
  })

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await fetch(`${url}/v1/token/15555551212`)
    await open()
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(width).toBe(360)
  })
})

/** Waits until it holds: a busy machine may take its time. */
function eventually<Value>(read: () => Promise<Value>) {
  return expect.poll(read, { timeout: 10_000 })
}
