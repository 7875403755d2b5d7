import type { ConformanceCase } from '../driver.ts'
import { createGatewayBench } from './bench.ts'
import { gatewayCases } from './cases.ts'
import type { GatewayDriver } from './driver.ts'
import { streamCases } from './streams.ts'
import { targetCases } from './targets.ts'
import { gatewayUpgradeCases } from './upgrades.ts'

/**
 * Lists what a gateway must do, as cases for any test runner: `injectBearer` in front of a real proxy,
 * in front of App Store Connect's sandbox or a server that writes down what it gets.
 *
 * A test file says how its framework mounts `injectBearer` and which proxy stands behind it.
 *
 * @example
 * ```ts
 * import { gatewayConformance, type GatewayDriver } from '@mayfly/conformance'
 *
 * declare const driver: GatewayDriver
 * declare function it(name: string, run: () => Promise<void>): void
 *
 * for (const { name, run } of gatewayConformance(driver)) it(name, run)
 * ```
 */
export function gatewayConformance(driver: GatewayDriver): readonly ConformanceCase[] {
  const cases = [...gatewayCases, ...streamCases, ...targetCases, ...gatewayUpgradeCases]
  return cases.map(({ name, run }) => ({
    name: `${driver.name}: ${name}`,
    run: () => run(createGatewayBench(driver)),
  }))
}
