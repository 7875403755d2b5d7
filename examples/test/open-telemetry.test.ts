import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { expect, it } from 'vitest'
import { report } from '../observability/open-telemetry.ts'

it('exports mints, calls, refusals, checks and denials, under attributes of few values', async () => {
  await using sandbox = await startAppStoreConnectSandbox({ clockOffsetMs: -600_000 })
  const { credentials, origin: upstream } = sandbox
  const lines = await report({ credentials, upstream, close: () => Promise.resolve() })

  expect(lines).toContainEqual(['mayfly.mint.duration', 'cold source', 1])
  expect(lines).toContainEqual(['mayfly.call.duration', `${upstream} 200`, 1])
  expect(lines).toContainEqual(['mayfly.refusals', `${upstream} clock-fast resent`, 1])
  expect(lines).toContainEqual(['mayfly.verify.duration', '', 1])
  expect(lines).toContainEqual(['mayfly.verify.duration', 'audience_mismatch', 1])
  expect(lines).toContainEqual(['mayfly.denials', 'audience_mismatch', 1])
  expect(lines).toContainEqual(['mayfly.denials', 'token_missing', 1])
  const [, , offset] = lines.find(([name]) => name === 'mayfly.skew') ?? []
  expect(offset).toBeCloseTo(-600, -1)
  expect(JSON.stringify(lines)).not.toContain('eyJ')
})
