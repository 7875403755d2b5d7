import { requireIdentifier } from '../base/identifiers.ts'
import {
  invalid,
  jsonObject,
  optionalBoolean,
  optionalNumber,
  requireOneOf,
} from '../base/options.ts'
import { type JwtKey, requirePrivateKey } from '../outbound/sources/signed-signing.ts'
import {
  requireVendorOptions,
  type SignedVendorOptions,
  type VendorFacts,
  vendorSource,
} from '../outbound/sources/vendor-source.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link muxPlayback}. */
export interface MuxPlaybackOptions extends SignedVendorOptions {
  /** The id of the signing key. */
  readonly keyId: string
  /** The signing key: PEM, or the base64 of it that Mux hands out. */
  readonly privateKey: JwtKey
  /** The playback id that has the policy `signed`. */
  readonly playbackId: string
  /** What the token is for. Default `'video'`. */
  readonly type?: 'video' | 'thumbnail' | 'gif' | 'storyboard' | 'drm'
  /** Parameters of the URL that are signed with it, such as `{ time: 10 }`. */
  readonly params?: Readonly<Record<string, unknown>>
}

const MUX: VendorFacts = {
  name: 'muxPlayback',
  algorithm: 'RS256',
  options: ['keyId', 'privateKey', 'playbackId', 'type', 'params'],
  lifetime: { min: 1, max: Infinity, usual: 43_200, rule: 'Mux states no limit' },
  origins: [],
  reserved: ['sub', 'aud', 'kid'],
  iatClaim: false,
}
const MUX_AUDIENCES = { video: 'v', thumbnail: 't', gif: 'g', storyboard: 's', drm: 'd' } as const

/**
 * Makes tokens with which a player plays one video of Mux that is not public. They go into its URL as
 * `?token=`, so they are for one viewer and a few hours: for longer than the video lasts.
 *
 * See "Secure video playback" in Mux's documentation, https://www.mux.com/docs/guides/secure-video-playback
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 *
 * @example
 * ```ts
 * import { muxPlayback } from '@mayfly/core/vendors'
 *
 * export async function video(keyId: string, privateKey: string, playbackId: string): Promise<string> {
 *   const { value } = await muxPlayback({ keyId, privateKey, playbackId }).getToken()
 *   return `https://stream.mux.com/${playbackId}.m3u8?token=${value}`
 * }
 * ```
 */
export function muxPlayback(options: MuxPlaybackOptions): TokenSource {
  requireVendorOptions(MUX, options)
  const keyId = requireIdentifier(options.keyId, 'keyId')
  const sub = requireIdentifier(options.playbackId, 'playbackId')
  const kinds = Object.keys(MUX_AUDIENCES) as (keyof typeof MUX_AUDIENCES)[]
  const aud = MUX_AUDIENCES[requireOneOf(options.type ?? 'video', 'type', kinds)]
  const params = options.params === undefined ? {} : jsonObject(options.params, 'params')
  for (const name of ['sub', 'aud', 'exp', 'kid', 'nbf', 'iat']) {
    if (name in params) throw invalid('params', `"params" must not have "${name}".`)
  }
  return vendorSource(MUX, options, {
    key: requirePrivateKey(options.privateKey),
    keyId,
    claims: ({ expiresAt }) => ({ sub, aud, exp: expiresAt, kid: keyId, ...params }),
  })
}

/** Options of {@link cloudflareStream}. */
export interface CloudflareStreamOptions extends SignedVendorOptions {
  /** The id of the signing key. */
  readonly keyId: string
  /** The signing key: the `jwk` or the `pem` that Cloudflare hands out, base64 or not. */
  readonly privateKey: JwtKey
  /** The video's id. */
  readonly videoId: string
  /** Whether the video may be downloaded. Default `false`. */
  readonly downloadable?: boolean
  /** NumericDate (seconds): from when the token counts. Default: at once. */
  readonly notBefore?: number
  /** Who may watch: at most five rules of Cloudflare's, the first that fits decides. */
  readonly accessRules?: readonly Readonly<Record<string, unknown>>[]
}

const CLOUDFLARE: VendorFacts = {
  name: 'cloudflareStream',
  algorithm: 'RS256',
  options: ['keyId', 'privateKey', 'videoId', 'downloadable', 'notBefore', 'accessRules'],
  lifetime: {
    min: 1,
    max: 86_400,
    usual: 3600,
    rule: 'Cloudflare Stream takes tokens of a day (86400) at the most',
  },
  origins: [],
  reserved: ['sub', 'kid', 'nbf', 'downloadable', 'accessRules'],
  iatClaim: false,
}

/**
 * Makes tokens with which a player plays one video of Cloudflare Stream that needs them. They stand in the
 * URL in the place of the video's id.
 *
 * See "Securing your Stream" in Cloudflare's documentation,
 * https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 *
 * @example
 * ```ts
 * import { cloudflareStream } from '@mayfly/core/vendors'
 *
 * export async function token(keyId: string, privateKey: string, videoId: string): Promise<string> {
 *   return (await cloudflareStream({ keyId, privateKey, videoId }).getToken()).value
 * }
 * ```
 */
export function cloudflareStream(options: CloudflareStreamOptions): TokenSource {
  requireVendorOptions(CLOUDFLARE, options)
  const keyId = requireIdentifier(options.keyId, 'keyId')
  const sub = requireIdentifier(options.videoId, 'videoId')
  const nbf = optionalNumber(options.notBefore, 'notBefore', { min: 1, integer: true })
  const downloadable = optionalBoolean(options.downloadable, 'downloadable')
  const { accessRules } = options
  if (accessRules !== undefined && !(Array.isArray(accessRules) && accessRules.length <= 5)) {
    throw invalid('accessRules', '"accessRules" must be a list of at most five rules.')
  }
  const rules = accessRules?.map((rule, at) => jsonObject(rule, `accessRules[${at}]`))
  return vendorSource(CLOUDFLARE, options, {
    key: requirePrivateKey(options.privateKey),
    keyId,
    claims: ({ expiresAt }) => ({
      sub,
      kid: keyId,
      exp: expiresAt,
      ...(nbf !== undefined && { nbf }),
      ...(downloadable !== undefined && { downloadable }),
      ...(rules !== undefined && { accessRules: rules }),
    }),
  })
}
