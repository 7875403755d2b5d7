import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

/** One request that has been answered. */
export interface AnsweredRequest {
  readonly method: string
  /** The route's pattern, such as `/v1/token/:phone`: never the path, which has no bound. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** From a millisecond, which is as fine as the clock, to the seconds of a database that is stuck. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Counts what the service does, for Prometheus. All labels are bounded. */
export class ServiceMetrics {
  readonly #registry = new Registry()
  readonly #requests: Counter<'method' | 'route' | 'status'>
  readonly #durations: Histogram<'route'>
  readonly #issued: Counter<'kind'>
  readonly #denied: Counter<'reason'>
  readonly #failures: Counter<'what'>

  constructor() {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Counter({
      registers,
      name: 'mayfly_http_requests_total',
      help: 'Requests answered, by route pattern and status.',
      labelNames: ['method', 'route', 'status'],
    })
    this.#durations = new Histogram({
      registers,
      name: 'mayfly_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer.',
      labelNames: ['route'],
      buckets: BUCKETS,
    })
    this.#issued = new Counter({
      registers,
      name: 'mayfly_tokens_issued_total',
      help: 'Tokens recorded and answered, by contract.',
      labelNames: ['kind'],
    })
    this.#denied = new Counter({
      registers,
      name: 'mayfly_denials_total',
      help: 'Requests refused, by reason.',
      labelNames: ['reason'],
    })
    this.#failures = new Counter({
      registers,
      name: 'mayfly_failures_total',
      help: 'What did not work: the ledger, the limits and their Redis, the signing keys, a certificate.',
      labelNames: ['what'],
    })
  }

  /** The type of what {@link ServiceMetrics.read} gives. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Counts a request that has been answered. */
  answered({ method, route, status, seconds }: AnsweredRequest): void {
    const known = METHODS.has(method) ? method : 'other'
    this.#requests.inc({ method: known, route, status: String(status) })
    this.#durations.observe({ route }, seconds)
  }

  /** Counts a token that was issued, by its contract. */
  issued(kind: string): void {
    this.#issued.inc({ kind })
  }

  /** Counts a request that was refused, by the code of its answer. */
  denied(reason: string): void {
    this.#denied.inc({ reason })
  }

  /** Counts what did not work and is not the request’s fault. */
  failed(what: string): void {
    this.#failures.inc({ what })
  }

  /** Gives all of it as Prometheus reads it. */
  read(): Promise<string> {
    return this.#registry.metrics()
  }
}
