import assert from 'node:assert/strict'
import type { Harness } from '../context.ts'

/** Asks the service that the fence mounts for a token, with a console token that it made. */
export const harness: Harness = async ({ load, printed, urls }) => {
  const { backend, close } = await load()
  assert.ok(typeof backend === 'string' && typeof close === 'function')
  const [url] = await urls()
  const answer = await fetch(`${url}/security/jwt?aud=app.example.com`, {
    headers: { authorization: `Bearer ${backend}` },
  })
  assert.equal(answer.status, 200)
  assert.equal((await fetch(`${url}/console/`)).status, 200)
  assert.equal(printed.length, 1, 'The first console token is shown once.')
  await close()
}
