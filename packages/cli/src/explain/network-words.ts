import type { CliIo } from '../io.ts'

/** Why there was no answer, and what to do about it. */
export interface NetworkFault {
  readonly found: string
  readonly advice?: string
  readonly code?: string
}

const TRUST =
  'A proxy or a virus scanner may be reading along. Have its certificate trusted: NODE_EXTRA_CA_CERTS=FILE, or NODE_USE_SYSTEM_CA=1.'

/** By the system's word for it. */
const WORDS: Readonly<Record<string, readonly [found: string, advice: string]>> = {
  ENOTFOUND: ['its name is not known to the DNS', 'Is the name right, and is this machine online?'],
  EAI_AGAIN: ['the DNS does not answer', 'Is this machine online? Is its DNS server?'],
  ECONNREFUSED: [
    'it refuses connections',
    'Is the port right? Is a firewall or a proxy in between?',
  ],
  ECONNRESET: ['it breaks the connection off', 'A firewall or a proxy may be in between.'],
  UND_ERR_SOCKET: ['it breaks the connection off', 'A firewall or a proxy may be in between.'],
  EPIPE: ['it breaks the connection off', 'A firewall or a proxy may be in between.'],
  ETIMEDOUT: ['it does not answer', 'A firewall may drop what goes there.'],
  UND_ERR_CONNECT_TIMEOUT: ['it does not answer', 'A firewall may drop what goes there.'],
  ENETUNREACH: ['there is no way to it', 'Is this machine online? Is IPv6 half set up?'],
  EHOSTUNREACH: ['there is no way to it', 'Is this machine online?'],
  CERT_HAS_EXPIRED: [
    'its certificate has expired',
    'Is this machine’s clock right? If so, it is the server’s fault.',
  ],
  CERT_NOT_YET_VALID: [
    'its certificate is not valid yet',
    'This machine’s clock is most likely slow. Set it (NTP).',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'Is the URL right? A proxy may be in between.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is signed by itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'its certificate comes from an authority that is not trusted here',
    TRUST,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'its certificate comes from an authority that is not trusted here',
    TRUST,
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'its certificate comes from an authority that is not trusted here',
    TRUST,
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'it does not speak TLS',
    'Is the port right? A proxy may be in between.',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'it does not speak TLS',
    'Is the port right? A proxy may be in between.',
  ],
}

/** Says in plain words why a request had no answer. */
export function networkFault(error: unknown, origin: string, env: CliIo['env']): NetworkFault {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return {
      found: `${origin} did not answer within 10 s.`,
      ...adviceWith('A firewall may drop what goes there.', env),
    }
  }
  const code = codeOf(error)
  const [words, advice] = WORDS[code ?? ''] ?? []
  if (words === undefined || advice === undefined) {
    const name = code === undefined ? '' : ` (${code})`
    return {
      found: `There was no answer from ${origin}${name}.`,
      ...adviceWith('Is this machine online?', env),
      ...(code !== undefined && { code }),
    }
  }
  return {
    found: `${origin}: ${words} (${code}).`,
    ...adviceWith(advice, env),
    ...(code !== undefined && { code }),
  }
}

function adviceWith(advice: string, env: CliIo['env']): { advice: string } {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find(
    (name) => (env[name] ?? '') !== '',
  )
  if (proxy === undefined || env['NODE_USE_ENV_PROXY'] === '1') return { advice }
  return {
    advice: `${advice} ${proxy} is set, but Node goes by it only with NODE_USE_ENV_PROXY=1.`,
  }
}

function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    // Of several addresses each has failed in its own way.
    const inner = at instanceof AggregateError ? (at.errors[0] as unknown) : undefined
    const code: unknown = 'code' in at ? at.code : undefined
    const found = typeof code === 'string' ? code : codeOf(inner)
    if (found !== undefined && !/^ERR_(?!TLS|SSL)/.test(found)) return found
  }
  return undefined
}
