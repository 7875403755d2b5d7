import type { TokenSource } from '@mayfly/core'
import { voicegain, type VoicegainOptions } from '@mayfly/core/vendors'
import type { VoicegainSandbox } from '@mayfly/sandboxes'
import jwt from 'jsonwebtoken'
import { NOW } from '../../support/inbound.ts'

export const CONSOLE_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjb25zb2xlIn0.console-signature'

/** What Voicegain gives for it. */
export const TOKEN: string = jwt.sign(
  { aud: 'a', iat: NOW, exp: NOW + 300 },
  'somebody else’s secret',
)

export const OPTIONS = { consoleToken: CONSOLE_TOKEN, audience: 'localhost:8088' } as const

/** Makes a source that asks a sandbox. */
export function against(
  sandbox: VoicegainSandbox,
  options: Partial<VoicegainOptions> = {},
): TokenSource {
  return voicegain({ ...sandbox.credentials, audience: 'localhost:8088', ...options })
}
