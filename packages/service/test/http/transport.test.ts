import { expect, it } from 'vitest'
import { openService } from '../support/service.ts'

it('tells browsers over https to stay there, on refusals too, and over http nothing', async () => {
  const { ask } = await openService({ trustProxy: 1 })
  const headers = { 'x-forwarded-proto': 'https' }
  for (const target of ['/healthz', '/keys', '/nothing']) {
    const secure = await ask(target, { headers })
    expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000')
    expect((await ask(target)).headers.get('strict-transport-security')).toBeNull()
  }
})
