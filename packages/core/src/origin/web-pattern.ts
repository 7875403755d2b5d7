import { defaultPort } from './header.ts'
import type { Host } from './host.ts'
import type { WebOriginPattern } from './pattern.ts'

/** A web pattern's parts, parsed. */
export interface WebParts {
  readonly scheme: 'https' | 'http' | undefined
  readonly host: Host
  readonly wildcard: boolean
  readonly port: number | '*' | undefined
  readonly guarded: boolean
}

/**
 * Compiles a pattern for the web. Without a scheme it means https, except on loopback: there
 * development servers speak http on any port, and nobody else can listen.
 */
export function webPattern({ scheme, host, wildcard, port, guarded }: WebParts): WebOriginPattern {
  const open = scheme === undefined && isLoopback(host)
  const implied = open ? '*' : defaultPort(scheme ?? 'https')
  const admitted = port ?? implied
  return {
    kind: 'web',
    text: [
      scheme === undefined ? '' : `${scheme}://`,
      wildcard ? '*.' : '',
      host.name,
      port === undefined || (port === implied && port !== '*') ? '' : `:${port}`,
    ].join(''),
    host: host.name,
    wildcard,
    https: scheme === 'http' ? undefined : admitted,
    http: scheme === 'http' || open ? admitted : undefined,
    guarded,
  }
}

function isLoopback({ name, kind }: Host): boolean {
  if (kind === 'ipv4') return name.startsWith('127.')
  if (kind === 'ipv6') return name === '[::1]'
  return name === 'localhost' || name.endsWith('.localhost')
}
