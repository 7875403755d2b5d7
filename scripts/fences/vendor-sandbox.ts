import assert from 'node:assert/strict'
import type { FenceContext } from './context.ts'

/** What of a sandbox tells whether it liked the tokens that it got. */
interface Judge {
  readonly origin: string
  readonly accepted: number
  readonly refusals: Readonly<Record<string, unknown>>
}

/** Where a fence finds its settings, and whose place the sandbox takes. */
export interface Staging {
  readonly env?: Readonly<Record<string, string>>
  /** The origins that lead to the sandbox. */
  readonly origins?: readonly string[]
}

/** Runs a fence against a sandbox, which must have accepted something and refused nothing. */
export async function runAgainst(
  sandbox: Judge,
  { load, route, urls }: FenceContext,
  { env = {}, origins = [] }: Staging,
): Promise<void> {
  Object.assign(process.env, env)
  for (const origin of origins) route(origin, sandbox.origin)
  await load()
  await urls()
  assert.deepEqual(sandbox.refusals, {}, 'The sandbox refused a token.')
  assert.ok(sandbox.accepted > 0, 'Nothing reached the sandbox with a good token.')
}

/** The fence's export of a name, which hands out a token for a user. */
export async function tokenFor(
  { load }: FenceContext,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  Object.assign(process.env, env)
  const { [name]: handOut } = await load()
  assert.ok(typeof handOut === 'function', `The fence exports no function "${name}".`)
  const token: unknown = await handOut('alice')
  assert.ok(typeof token === 'string', `"${name}" gives no text.`)
  return token
}
