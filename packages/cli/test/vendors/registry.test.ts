import * as vendors from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { propertyOf } from '../../src/vendors/option.ts'
import { VENDORS } from '../../src/vendors/registry.ts'
import type { VendorCommand } from '../../src/vendors/vendor.ts'

/** What `@mayfly/core/vendors` exports that makes no tokens. */
const NO_SOURCE = new Set([
  'VONAGE_CLIENT_SDK_ACL',
  'exchangedSource',
  'VonageWebhookReceiver',
  'VonageWebhookVerifier',
  'verifyVonageWebhook',
])

/** Options that the program sets itself, or that make no sense on a command line. */
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  every: ['clock', 'fetch'],
  // A UUID of its own for each token anyway.
  vonage: ['tokenId'],
  twilio: ['tokenId'],
  // A list of objects, which no option of a command line holds.
  cloudflareStream: ['accessRules'],
  // A token that is bound to a key is of no use without proofs of that key for each request.
  clientCredentials: ['dpop'],
  // Made of what the command line says.
  jwtSource: ['identity', 'maxLifetime', 'iatClaim', 'expClaim'],
}

/** Options of a function that a command has under other names. */
const UNDER_OTHER_NAMES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  vonage: { acl: ['aclPath', 'clientSdk'] },
  clientCredentials: { assertion: ['assertionAudience'] },
  githubInstallation: { app: ['appId', 'privateKey'] },
  jwtSource: {
    key: ['key', 'secret', 'secretEncoding'],
    claims: ['claims', 'issuer', 'subject', 'audience'],
  },
}

describe('the vendors of the command line', () => {
  it('are all that the core has', () => {
    const sources = Object.keys(vendors).filter((name) => !NO_SOURCE.has(name))
    expect(VENDORS.map((vendor) => vendor.function).toSorted()).toEqual(sources.toSorted())
  })

  it('have names of their own', () => {
    expect(new Set(VENDORS.map(({ name }) => name)).size).toBe(VENDORS.length)
  })

  it.each(VENDORS.map((vendor) => [vendor.name, vendor] as const))(
    '%s offers every option of its function, and no other',
    (_, vendor) => {
      const { [vendor.function]: hidden = [] } = NOT_OFFERED
      const renamed = UNDER_OTHER_NAMES[vendor.function] ?? {}
      const wanted = optionsOf(vendor)
        .filter((name) => !hidden.includes(name) && !NOT_OFFERED['every']?.includes(name))
        .flatMap((name) => renamed[name] ?? [name])
      expect(offered(vendor).toSorted()).toEqual(wanted.toSorted())
    },
  )
})

function offered({ options, credential }: VendorCommand): readonly string[] {
  const secret =
    credential.kind === 'either' ? [credential.key, credential.secret] : [credential.property]
  return [...options.map(propertyOf), ...secret]
}

/** A function refuses an option that it does not know, and lists those that it does. */
function optionsOf(vendor: VendorCommand): readonly string[] {
  const call = new Map<string, unknown>(Object.entries(vendors)).get(vendor.function) as (
    options: object,
  ) => unknown
  try {
    call({ thereIsCertainlyNoSuchOptionAsThis: true })
  } catch (error) {
    const [, list] = /It takes: (.*)\.$/.exec(error instanceof Error ? error.message : '') ?? []
    if (list !== undefined) return list.split(', ')
  }
  throw new Error(`${vendor.function} does not list its options`)
}
