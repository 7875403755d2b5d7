import { optionalName, requireName } from '../../base/identifiers.ts'
import { describe, invalid } from '../../base/options.ts'
import { compileScope } from './exchanged-scope.ts'
import { isSecure } from '../../http/destination.ts'

/** What is asked for. */
export interface GrantParameters {
  readonly scope?: string | readonly string[]
  readonly audience?: string
  readonly resource?: string | readonly string[]
  readonly parameters?: Readonly<Record<string, string>>
}

/** The fields of a form, in their order. */
export type FormFields = readonly (readonly [name: string, value: string])[]

/** Names that the form has already, or that would authenticate in a second way. */
const TAKEN: ReadonlySet<string> = new Set([
  'grant_type',
  'refresh_token',
  'scope',
  'audience',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/** Checks what is asked for, and writes it as a form. */
export function compileParameters(options: GrantParameters): FormFields {
  const scope = compileScope(options.scope)
  const audience = optionalName(options.audience, 'audience')
  return [
    ['grant_type', 'client_credentials'],
    ...(scope === undefined ? [] : [['scope', scope] as const]),
    ...(audience === undefined ? [] : [['audience', audience] as const]),
    ...compileResources(options.resource).map((one) => ['resource', one] as const),
    ...ownParameters(options.parameters),
  ]
}

/** Writes fields as a form. */
export function formOf(fields: FormFields): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of fields) form.append(name, value)
  return form
}

/** The origins of the resources that are reached over HTTP. */
export function originsOf(resource: string | readonly string[] | undefined): readonly string[] {
  const urls = compileResources(resource).map((one) => new URL(one))
  return [...new Set(urls.filter((url) => isSecure(url)).map(({ origin }) => origin))]
}

/** RFC 8707 section 2: absolute URIs without a fragment. */
function compileResources(resource: string | readonly string[] | undefined): readonly string[] {
  if (resource === undefined) return []
  const list: readonly unknown[] = Array.isArray(resource) ? resource : [resource]
  if (list.length === 0) throw invalid('resource', '"resource" is empty; leave it out.')
  return list.map((one) => {
    const uri = requireName(one, 'resource')
    if (URL.canParse(uri) && !uri.includes('#')) return uri
    throw invalid(
      'resource',
      '"resource" must be an absolute URI without a fragment, such as "https://api.example.com/".',
    )
  })
}

/** Checks further parameters that a server wants. */
export function ownParameters(
  parameters: Readonly<Record<string, string>> | undefined,
): FormFields {
  if (parameters === undefined) return []
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw invalid('parameters', `"parameters" must be an object, not ${describe(parameters)}.`)
  }
  return Object.entries(parameters).map(([name, value]) => {
    if (TAKEN.has(name)) {
      throw invalid('parameters', `"parameters" must not have "${name}": it is set elsewhere.`)
    }
    if (typeof value === 'string') return [name, value]
    throw invalid(
      'parameters',
      `"parameters": "${name.slice(0, 64)}" must be a string, not ${describe(value)}.`,
    )
  })
}
