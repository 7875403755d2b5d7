/** One thing to measure: an operation that is called over and over, or a server that is asked. */
export type Contender =
  | {
      readonly call: () => unknown
      /** How many are under way at once. Default 1. */
      readonly inFlight?: number
    }
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }

/** What is measured in one process, by name. The first contender is what others are held against. */
export interface Scenario {
  readonly contenders: Readonly<Record<string, Contender>>
  readonly close?: () => void
}

/** What one slice took. Processor time is that of the whole process: threads and collections count. */
export interface Slice {
  readonly operations: number
  readonly cpuMicros: number
  readonly wallMicros: number
}

/** What a process of a scenario is asked. */
export type Ask = { readonly run: string; readonly operations: number } | { readonly cpu: true }

/** What it tells when it is ready. */
export type Offer = Readonly<
  Record<string, Exclude<Contender, { call: unknown }> | { readonly isCall: true }>
>
