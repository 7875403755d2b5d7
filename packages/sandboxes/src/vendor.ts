import type { HttpVersions } from './sandbox-server.ts'

/** A request as a vendor's judge sees it. */
export interface SandboxRequest {
  readonly method: string
  /** The path without its query, as it was sent. */
  readonly path: string
  readonly query: URLSearchParams
  /** The token of `Authorization: Bearer`, where there is one. */
  readonly bearer: string | undefined
  /** A header's value by its lower-case name. */
  header(name: string): string | undefined
  readonly body: Uint8Array
}

/** An answer. A `body` that is not a string is sent as JSON. */
export interface SandboxReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What a vendor's judge decided. With a `refused` reason the token was no good. */
export interface Verdict<Reason extends string> {
  readonly reply: SandboxReply
  readonly refused?: Reason
  /** The token that the request was judged by, where it is not the bearer: it came in a form, say. */
  readonly credential?: string
}

/** What a vendor adds to the HTTP sandbox: how it judges, and how its failures look. */
export interface Vendor<Reason extends string> {
  /** Goes into every event, such as `'app-store-connect'`. */
  readonly name: string
  /** The versions of HTTP that it speaks. Default `'http/1.1'`. */
  readonly versions?: HttpVersions
  /** Whether its answers have a `Date`. Default `true`. */
  readonly tellsTime?: boolean
  /** Ends a good token as if another one had displaced it. Absent where there are no tokens. */
  displace?(token: string): void
  judge(request: SandboxRequest): Verdict<Reason> | Promise<Verdict<Reason>>
  /** The body that the vendor sends with a status, for failures that a test asks for. */
  failure(status: number): SandboxReply
}
