import { createBench } from './bench.ts'
import { attackKeysCases } from './cases/attack-keys.ts'
import { attackStateCases } from './cases/attack-state.ts'
import { attackCases } from './cases/attacks.ts'
import { bearerCases } from './cases/bearer.ts'
import { documentCases } from './cases/documents.ts'
import { dpopIssueCases } from './cases/dpop-issue.ts'
import { dpopUpgradeCases } from './cases/dpop-upgrade.ts'
import { dpopCases } from './cases/dpop.ts'
import { frameworkCases } from './cases/framework.ts'
import { httpCases } from './cases/http.ts'
import { injectSourceCases } from './cases/inject-source.ts'
import { injectCases } from './cases/inject.ts'
import { issueCases } from './cases/issue.ts'
import { introspectionCases } from './cases/introspection.ts'
import { mutualTlsCases } from './cases/mutual-tls.ts'
import { originCases } from './cases/origin.ts'
import { remoteKeysCases } from './cases/remote-keys.ts'
import { scopeCases } from './cases/scope.ts'
import { sessionCases } from './cases/sessions.ts'
import { upgradeOriginCases } from './cases/upgrade-origin.ts'
import { upgradeSocketCases } from './cases/upgrade-socket.ts'
import { upgradeCases } from './cases/upgrade.ts'
import { verdictCases } from './cases/verdicts.ts'
import { whoseTokenCases } from './cases/whose-token.ts'
import type { CaseDefinition } from './define.ts'
import type { AdapterDriver, ConformanceCase } from './driver.ts'

const CASES: readonly CaseDefinition[] = [
  ...bearerCases,
  ...verdictCases,
  ...remoteKeysCases,
  ...attackKeysCases,
  ...attackStateCases,
  ...scopeCases,
  ...whoseTokenCases,
  ...dpopCases,
  ...mutualTlsCases,
  ...introspectionCases,
  ...httpCases,
  ...originCases,
  ...frameworkCases,
  ...issueCases,
  ...dpopIssueCases,
  ...documentCases,
  ...injectCases,
  ...injectSourceCases,
  ...sessionCases,
  ...upgradeCases,
  ...dpopUpgradeCases,
  ...upgradeOriginCases,
  ...upgradeSocketCases,
]

/**
 * Lists what every adapter must do, as cases for any test runner. Each starts the adapter's framework
 * on a free port of 127.0.0.1 and talks to it over real HTTP, in ways that only a raw client can.
 *
 * An adapter's test file says how its framework mounts a route and reports an error; that is all.
 *
 * @example
 * ```ts
 * import { adapterConformance, type AdapterDriver } from '@mayfly/conformance'
 *
 * declare const driver: AdapterDriver<(context: object) => Promise<void>>
 * declare function it(name: string, run: () => Promise<void>): void
 *
 * for (const { name, run } of adapterConformance(driver)) it(name, run)
 * ```
 */
export function adapterConformance<Middleware>(
  driver: AdapterDriver<Middleware>,
): readonly ConformanceCase[] {
  return [...CASES, ...attackCases()].map(({ name, run }) => ({
    name: `${driver.name}: ${name}`,
    run: () => run(createBench(driver)),
  }))
}
