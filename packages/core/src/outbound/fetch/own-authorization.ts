import { invalid } from '../../base/options.ts'
import type { OutgoingRequest } from './outgoing-request.ts'

/** What is done with a request that has an `Authorization` header of its own. */
export type OwnAuthorization = 'keep' | 'replace' | 'refuse'

/** The values of {@link OwnAuthorization}. */
export const OWN_CHOICES = ['keep', 'replace', 'refuse'] as const

/** What a template or a variable leaves behind that was never filled in. */
const PLACEHOLDER = /^(?:|undefined|null|nan|true|false|\[object [^\]]*\]|<.*>|\$?\{.*\}|%.*%)$/i

/**
 * Decides on an `Authorization` header of the caller's own, and tells the outcome.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for `headers`.
 */
export function judgeOwnAuthorization(
  request: OutgoingRequest,
  { own, field }: { readonly own: OwnAuthorization; readonly field: string },
  report: (outcome: 'kept' | 'replaced' | 'refused') => void,
): OutgoingRequest {
  const value = request.headers.get(field)
  if (value === null) return request
  if (own === 'replace') {
    report('replaced')
    const headers = new Headers(request.headers)
    headers.delete(field)
    return { ...request, headers, withoutToken: false }
  }
  const placeholder = placeholderIn(value)
  if (own === 'keep' && placeholder === undefined) {
    report('kept')
    return request
  }
  report('refused')
  throw invalid(
    'headers',
    placeholder === undefined
      ? `This request has an ${titleOf(field)} header of its own, and ownAuthorization: 'refuse' allows none. Leave it out, or say 'keep' or 'replace'.`
      : `The ${titleOf(field)} header of this request is "${placeholder}", which holds no credential. Leave it out, or say ownAuthorization: 'replace'.`,
  )
}

/** The value of a header that holds no credential, fit to be shown; `undefined` for one that does. */
function placeholderIn(value: string): string | undefined {
  const [, scheme = '', rest = ''] = /^([!#-~]*)\s*(.*)$/s.exec(value) ?? []
  const isScheme = /^(?:bearer|basic|dpop|token|digest|negotiate)$/i.test(scheme)
  const credential = isScheme ? rest : value
  const isEmpty =
    PLACEHOLDER.test(credential) ||
    (/^basic$/i.test(scheme) && pairOf(credential).every((half) => PLACEHOLDER.test(half)))
  return isEmpty ? value.slice(0, 100) : undefined
}

/** The name and the password of Basic credentials, or something that is no placeholder. */
function pairOf(credential: string): readonly string[] {
  try {
    return atob(credential).split(':')
  } catch {
    return [credential]
  }
}

function titleOf(field: string): string {
  return field === 'authorization' ? 'Authorization' : field
}
