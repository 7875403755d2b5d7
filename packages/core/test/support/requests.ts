import type { RequestLike } from '@mayfly/core'

/** A request as it is sent: fields in their order, duplicates and all. */
export interface SentRequest {
  readonly method?: string
  readonly url?: string
  readonly fields?: readonly (readonly [name: string, value: string])[]
  readonly body?: unknown
}

/** Makes the guard's view of a request, as an adapter would. */
export function received({
  method = 'GET',
  url = '/orders',
  fields = [],
  body,
}: SentRequest): RequestLike {
  return {
    method,
    url,
    header: (name) =>
      fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value),
    ...(body !== undefined && { body }),
  }
}

/** A request with one token in its `Authorization` header, and whatever else. */
export function bearing(
  token: string,
  ...fields: readonly (readonly [name: string, value: string])[]
): RequestLike {
  return received({ fields: [['authorization', `Bearer ${token}`], ...fields] })
}
