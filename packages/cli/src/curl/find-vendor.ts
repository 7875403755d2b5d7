import { UsageError } from '../usage-error.ts'
import { VENDORS } from '../vendors/registry.ts'
import type { VendorCommand } from '../vendors/vendor.ts'

/** Further hosts of vendors, beside that of their example. */
const MORE_HOSTS: Readonly<Record<string, readonly string[]>> = {
  'app-store-server': ['api.storekit-sandbox.apple.com'],
  vonage: ['api.vonage.com'],
  voicegain: ['sapi.voicegain.ai'],
}

/**
 * Puts the vendor's name into `mayfly curl URL …`, where the URL comes first and its host tells whose it
 * is. Every other command line is given back as it is.
 *
 * @throws {UsageError} when no vendor, or more than one, is known by the host.
 */
export function withVendor(argv: readonly string[]): readonly string[] {
  const [command, address = '', ...rest] = argv
  if (command !== 'curl' || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return argv
  const { hostname } = new URL(address)
  const known = VENDORS.filter((vendor) => hostsOf(vendor).includes(hostname))
  const [vendor, another] = known
  if (vendor === undefined) {
    throw new UsageError('No vendor is known by this address.', {
      hint: 'Put the vendor first: mayfly curl VENDOR [options] URL. See: mayfly curl --help',
    })
  }
  if (another !== undefined) {
    const names = known.map(({ name }) => name).join(' or ')
    throw new UsageError(`More than one kind of token is for ${hostname}.`, {
      hint: `Put the one that you mean first: mayfly curl ${names} [options] URL`,
    })
  }
  return [command, vendor.name, address, ...rest]
}

function hostsOf({ name, url = '' }: VendorCommand): readonly string[] {
  const [first = ''] = url.split(' ')
  const own = URL.canParse(first) ? [new URL(first).hostname] : []
  // The example of a vendor that is any server says nothing about a host.
  return [...own, ...(MORE_HOSTS[name] ?? [])].filter((host) => !host.endsWith('.example.com'))
}
