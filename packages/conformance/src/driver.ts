import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type {
  GuardOptions,
  IssueOptions,
  ResourceMetadataOptions,
  TokenIssuer,
  TokenSource,
  VerifiedToken,
} from '@mayfly/core'
import type {
  AcceptUpgrade,
  AuthenticationOptions,
  ClaimsRequirement,
  ClosableSocket,
  GuardVerifier,
  InjectOptions,
  IssueEndpointOptions,
  SessionEndpointOptions,
  SessionsLike,
  UpgradeOptions,
} from '@mayfly/core/adapter'

/** What every adapter exports; `Middleware` is its framework's own kind. */
export interface AdapterExports<Middleware> {
  /** Verifies the token, and leaves the result where the framework keeps state. */
  bearerAuth(verifier: GuardVerifier<unknown>, options?: GuardOptions): Middleware
  /** Answers 403 to a token that lacks one of the scopes. */
  requireScope(...scopes: string[]): Middleware
  /** Answers 403 to a token that does not say what is asked for. */
  requireClaims(claims: ClaimsRequirement): Middleware
  /** Answers 401 to a token whose user has not logged in as is asked for. */
  requireAuthentication(options: AuthenticationOptions): Middleware
  /** Replaces the caller's credentials with a fresh token. */
  injectBearer(source: TokenSource | ChooseSource, options?: InjectOptions): Middleware
  /**
   * Answers POST with a token. `decide` gets the framework's request or context; `undefined` refuses
   * with 403.
   */
  issueToken(issuer: TokenIssuer, decide: Decide, options?: IssueEndpointOptions): Middleware
  /** Publishes the issuer's public keys. */
  jwks(issuer: TokenIssuer): Middleware
  /** Publishes where to get tokens for an API. */
  resourceMetadata(options: ResourceMetadataOptions): Middleware
  /** Refreshes and ends sessions. */
  sessionTokens(sessions: SessionsLike, options?: SessionEndpointOptions): Middleware
  /** Decides about WebSocket upgrades, and answers those that it refuses. */
  upgradeAuth(verifier: GuardVerifier<unknown>, options?: UpgradeOptions): DecideUpgrade
}

/** Decides about one upgrade: calls `accept`, or answers on the connection and closes it. */
export type DecideUpgrade = (
  request: IncomingMessage,
  socket: Duplex,
  accept: AcceptUpgrade<unknown>,
) => void

/** What the suite needs of a WebSocket. That of `ws` is one. */
export interface WebSocketLike extends ClosableSocket {
  /** Sends a message. */
  send(text: string): void
  /** Has the listener called for each message. */
  on(event: 'message', listener: (data: unknown) => void): unknown
}

/** What the suite needs of a WebSocket server. That of `ws` is one. */
export interface WebSocketServerLike {
  /** Answers an upgrade that was let through, and calls back with its WebSocket. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (webSocket: WebSocketLike) => void,
  ): void
}

/** What a test's `decide` answers. It needs nothing of the request, so that it fits any framework. */
export type Decide = () => IssueOptions | undefined | Promise<IssueOptions | undefined>

/** What a test's choice of a source answers. */
export type ChooseSource = () => TokenSource | Promise<TokenSource>

/** One route that an adapter's driver has to mount. */
export interface ConformanceRoute<Middleware> {
  /** The route answers every method of exactly this path. */
  readonly path: string
  /** The adapter's middleware, in this order. */
  readonly middleware: readonly Middleware[]
  /**
   * What stands behind the middleware. Call it with Node's own request and response, and with the auth
   * that the framework's request or state has; hand on what it throws or rejects with.
   */
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    auth: VerifiedToken<unknown> | undefined,
  ) => void | Promise<void>
}

/** A server with the routes mounted. */
export interface MountedServer {
  /** A server that does not listen yet. The suite starts it and closes it. */
  readonly server: Server
  /** Every error that reached the framework's own error handling, in order. */
  readonly errors: readonly unknown[]
}

/** What the conformance suite needs to know of an adapter. */
export interface AdapterDriver<Middleware> {
  /** Goes before the name of each case. */
  readonly name: string
  readonly adapter: AdapterExports<Middleware>
  /** Mounts routes on a new application, with an error handler that notes errors and answers 500. */
  readonly mount: (routes: readonly ConformanceRoute<Middleware>[]) => MountedServer
  /** The WebSocket server to put behind `upgradeAuth`: `WebSocketServer` of `ws`. */
  readonly WebSocketServer: new (options: {
    readonly noServer: true
  }) => WebSocketServerLike
}

/** One case of the suite, for any test runner: it passes unless `run` rejects. */
export interface ConformanceCase {
  readonly name: string
  /** Runs the case. Rejects with an assertion error that says what is wrong. */
  readonly run: () => Promise<void>
}
