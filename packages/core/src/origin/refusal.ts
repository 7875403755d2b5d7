import { OptionError } from '../base/errors.ts'
import type { HostProblem } from './host.ts'

/** Why a pattern is refused. */
export type RefusalKind =
  | HostProblem
  | 'type'
  | 'empty'
  | 'length'
  | 'space'
  | 'null'
  | 'scheme'
  | 'scheme_invalid'
  | 'websocket'
  | 'file'
  | 'user_info'
  | 'path'
  | 'query'
  | 'slash'
  | 'port'
  | 'brackets'
  | 'trailing_dot'
  | 'hyphen'
  | 'international'
  | 'wildcard'
  | 'wildcard_custom'
  | 'wildcard_address'
  | 'wildcard_registry'
  | 'wildcard_rented'
  | 'wildcard_single'

/** A pattern that was refused. Cheap to make: a verifier makes one for every plain audience. */
export interface Refusal {
  readonly refused: RefusalKind
  /** A scheme or host that goes into the message. Parsed before, so that nothing else gets there. */
  readonly detail: string
}

/** The longest pattern: a scheme, a wildcard, a host of 253 characters and a port, with room to spare. */
export const MAX_PATTERN = 320

const MESSAGES: Readonly<Record<RefusalKind, (detail: string) => string>> = Object.freeze({
  type: () => 'is not a string; write a host such as "app.example.com"',
  empty: () => 'is empty; write a host such as "app.example.com", or leave the entry out',
  length: () => `has more than ${MAX_PATTERN} characters; write one scheme, host and port`,
  space: () => 'has white space in it; write each origin as an entry of its own, without spaces',
  null: () =>
    'looks like "null", which stands for opaque origins; write it in lower case and alone, or "https://null" for a host of that name',
  scheme: (scheme) =>
    `has the scheme "${scheme}"; use https, http, or one of the app schemes capacitor, ionic, tauri, chrome-extension, moz-extension, app, vscode-webview`,
  scheme_invalid: () =>
    'has no scheme before "://"; write "https://app.example.com", or the host alone',
  websocket: () =>
    'names a WebSocket, and a handshake carries the origin of the page that opens it; write that one, as in "https://app.example.com"',
  file: () => 'names a file, and all local files have one origin; write "file://"',
  user_info: () => 'has a user name or password in it; write scheme, host and port alone',
  path: (origin) => `has a path, and an origin has none; write "${origin}"`,
  query: (origin) => `has a query or a fragment, and an origin has none; write "${origin}"`,
  slash: (origin) => `ends in a slash; write "${origin}"`,
  port: () => 'has a bad port; write 1 to 65535 without leading zeros, or ":*" for any port',
  brackets: () => 'has more than one colon; write an IPv6 address in brackets, as in "[::1]"',
  trailing_dot: (host) =>
    `has a dot at its end, which makes it another origin than the one people see; write "${host}"`,
  hyphen: () => 'has a label that begins or ends with a hyphen; check it for a typing error',
  international: () =>
    'has characters that a browser would change or refuse; write the host as the browser sends it, in A-labels ("xn--…")',
  wildcard: () =>
    'has "*" in a place where it means nothing; it may only be the whole left-most label, as in "*.example.com", or stand alone',
  wildcard_custom: (scheme) =>
    `has a wildcard, and origins of the scheme "${scheme}" are matched to the letter; write each of them`,
  wildcard_address: () => 'has a wildcard on an IP address; write each address',
  wildcard_registry: (host) =>
    `would admit everybody who registers a name below "${host}", a public suffix; write "*.your-name.${host}"`,
  wildcard_rented: (host) =>
    `would admit everybody who rents a name below "${host}", a public suffix; write "*.your-name.${host}", or name "${host}" in "allowSuffixes" if all of them may come`,
  wildcard_single: (host) =>
    `has a wildcard on the single label "${host}"; write "*.your-name.${host}", or name "${host}" in "allowSuffixes" if all hosts below it are yours`,
  host_empty: () => 'has no host; write a host such as "app.example.com"',
  host_length: () =>
    'has a host of more than 253 characters, which DNS does not allow; check it for a copying error',
  label_empty: () => 'has two dots in a row, or one at the beginning; write each label once',
  label_length: () =>
    'has a label of more than 63 characters, which DNS does not allow; check it for a copying error',
  character: () =>
    'has a character that no host has; write letters, digits, hyphens and dots, and each origin as an entry of its own',
  ipv4: () =>
    'has a host that ends in a number and is no IPv4 address in its usual form; write four decimal numbers without leading zeros, as in "192.168.1.20"',
  ipv6: () =>
    'has an IPv6 address that is not in its canonical form (RFC 5952); write it in lower case, shortened, as in "[2001:db8::1]"',
})

/** Makes a refusal. */
export function refuse(refused: RefusalKind, detail = ''): Refusal {
  return { refused, detail }
}

/** Makes the error of a refused pattern. The pattern itself is not repeated: it may hold a password. */
export function patternError({ refused, detail }: Refusal, option: string): OptionError {
  return new OptionError(
    'ERR_ORIGIN_PATTERN',
    option,
    `"${option}" is not a sound origin pattern: it ${MESSAGES[refused](detail)}.`,
  )
}
