/** A request as it was handed to `fetch`. */
export interface Sent {
  readonly url: string
  readonly method: string | undefined
  readonly authorization: string | null
  readonly headers: Headers
  readonly body: string
  readonly form: URLSearchParams
}

/** A `fetch` that keeps what it was given, and answers without any server. */
export interface RecordingFetch {
  readonly fetch: typeof fetch
  readonly sent: readonly Sent[]
  /** What was sent last. */
  readonly last: () => Sent
}

export const TOKEN: object = { access_token: 'a', token_type: 'bearer', expires_in: 60 }

export function recordingFetch(
  answer: (sent: Sent) => Response = () => Response.json(TOKEN),
): RecordingFetch {
  const sent: Sent[] = []
  return {
    sent,
    last() {
      const last = sent.at(-1)
      if (last === undefined) throw new Error('Nothing was sent.')
      return last
    },
    async fetch(input, init) {
      const request = new Request(input, init)
      const { url, method, headers } = request
      const body = await request.text()
      const authorization = headers.get('authorization')
      const one = { url, method, authorization, headers, body, form: new URLSearchParams(body) }
      sent.push(one)
      return answer(one)
    },
  }
}
