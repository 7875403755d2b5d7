import { encodeBase64url } from '../../base/base64url.ts'
import { RequestError } from '../../base/errors.ts'
import {
  invalid,
  optionalStrings,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../../base/options.ts'
import { bytesOfHex, type CertificateField, derOfPem, readForwarded } from './forwarded.ts'

/** What a {@link MutualTls} looks at of a request. A `RequestLike` that `nodeRequest` made is one. */
export interface MutualTlsRequest {
  /** Gives every value of a header field, as many as were sent, by its lower-case name. */
  header(name: string): readonly string[]
  /** Gives the connection that the request came over. */
  peer?(): RequestPeer
}

/** The other end of a connection. */
export interface RequestPeer {
  /** Its address, as the socket has it; never one that a header names. */
  readonly address?: string | undefined
  /** The SHA-256 fingerprint of the certificate that it has shown, in hexadecimal digits. */
  readonly certificateFingerprint?: string | undefined
}

/** Where a {@link MutualTls} finds certificates. */
export interface MutualTlsOptions {
  /**
   * The proxies that end TLS, each by its address, such as `10.0.0.7` or `fd00::7`. From anyone else the
   * field counts as absent. Default: none; then the certificate is that of the connection itself.
   */
  readonly proxies?: readonly string[]
  /**
   * The field in which those proxies pass on what their client has shown: `client-cert` (RFC 9440), or
   * `x-forwarded-client-cert`, as Envoy writes it. They must replace, or add to, what the client sent.
   * Default `client-cert`.
   */
  readonly field?: CertificateField
}

/**
 * Finds the certificate that a client has shown by mutual TLS, so that tokens can be bound to it (RFC 8705
 * section 3). A `Guard` takes one as its option `mutualTls`.
 *
 * The server has to ask for certificates: `requestCert: true`, and `rejectUnauthorized: false` where they
 * need not come from an authority, since it is the token that names the certificate.
 *
 * @example
 * ```ts
 * import { Guard, MutualTls, type TokenVerifier } from '@mayfly/core'
 *
 * const mutualTls = new MutualTls({ proxies: ['10.0.0.7'] })
 *
 * export function mount(verifier: TokenVerifier): Guard {
 *   return new Guard(verifier, { mutualTls })
 * }
 * ```
 */
export class MutualTls {
  readonly #proxies: ReadonlySet<string>
  readonly #field: CertificateField

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: MutualTlsOptions = {}) {
    requireOptions(options, 'MutualTls')
    refuseUnknownOptions(options, ['proxies', 'field'], 'MutualTls')
    const { field } = options
    const proxies = optionalStrings(options.proxies, 'proxies') ?? []
    this.#proxies = new Set(proxies.map(requireIpAddress))
    this.#field = requireOneOf(field ?? 'client-cert', 'field', [
      'client-cert',
      'x-forwarded-client-cert',
    ])
    if (field === undefined || proxies.length > 0) return
    throw invalid('field', '"field" goes with "proxies": nobody else is believed what it says.')
  }

  /**
   * Gives the SHA-256 thumbprint of the client's certificate, in base64url, as `cnf` has it in `x5t#S256`;
   * `undefined` where it has shown none.
   *
   * @throws {RequestError} 400 `ERR_REQUEST_INVALID` where a named proxy passes on what cannot be read.
   */
  async certificateOf(request: MutualTlsRequest): Promise<string | undefined> {
    const { address, certificateFingerprint } = request.peer?.() ?? {}
    if (address === undefined || !this.#proxies.has(normalAddress(address))) {
      if (certificateFingerprint === undefined) return undefined
      return encodeBase64url(bytesOfHex(certificateFingerprint))
    }
    // The certificate of the connection is the proxy's own, and says nothing of its client.
    const found = readForwarded(this.#field, request.header(this.#field))
    if (found === null) {
      throw new RequestError(
        'ERR_REQUEST_INVALID',
        'The certificate of the client cannot be read.',
        {
          reason: 'request_invalid',
          status: 400,
        },
      )
    }
    if (found === undefined) return undefined
    return 'thumbprint' in found ? found.thumbprint : certificateThumbprint(found.der)
  }

  get [Symbol.toStringTag](): string {
    return 'MutualTls'
  }
}

/**
 * Computes what a token is bound to a certificate by: its SHA-256 thumbprint in base64url (RFC 8705 section
 * 3.1), for `confirmation: { 'x5t#S256': … }` of an issuer.
 *
 * @param certificate PEM text with one certificate, or its DER.
 * @throws {OptionError} `ERR_OPTION_INVALID` for anything else.
 *
 * @example
 * ```ts
 * import { certificateThumbprint, type IssueOptions } from '@mayfly/core'
 *
 * export async function bound(pem: string, options: IssueOptions): Promise<IssueOptions> {
 *   return { ...options, confirmation: { 'x5t#S256': await certificateThumbprint(pem) } }
 * }
 * ```
 */
export async function certificateThumbprint(certificate: string | Uint8Array): Promise<string> {
  const der = typeof certificate === 'string' ? derOfPem(certificate) : certificate
  if (!(der instanceof Uint8Array) || der.length === 0 || der[0] !== SEQUENCE) {
    throw invalid(
      'certificate',
      '"certificate" must be the PEM text of one certificate, or its DER.',
    )
  }
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(der))
  return encodeBase64url(new Uint8Array(digest))
}

/** The tag that every certificate begins with (X.690). */
const SEQUENCE = 0x30

function requireIpAddress(text: string): string {
  const address = normalAddress(text)
  const isIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(address)
  if (isIpv4 || (address.includes(':') && URL.canParse(`http://[${address}]`))) return address
  throw invalid('proxies', '"proxies" must hold IP addresses such as "10.0.0.7", one by one.')
}

/** One spelling for each address: IPv6 as URLs have it, and IPv4 as such where it is mapped into IPv6. */
function normalAddress(text: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  if (mapped !== undefined) return mapped
  const bracketed = `http://[${text}]`
  return text.includes(':') && URL.canParse(bracketed)
    ? new URL(bracketed).hostname.slice(1, -1)
    : text
}
