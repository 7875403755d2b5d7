/** A whole HTTP answer, ready to be written by any framework. */
export interface HttpResponse {
  readonly status: number
  /** Header fields by lower-case name. Merge `vary` with what the answer has already. */
  readonly headers: Readonly<Record<string, string>>
  /** The text of the body; empty where there is none. Not to be sent for `HEAD`. */
  readonly body: string
}
