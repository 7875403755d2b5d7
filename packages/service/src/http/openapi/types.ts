/** A JSON schema (2020-12), as far as the document uses it. */
export type Schema = Readonly<Record<string, unknown>>

/** The media types of a body, each with its schema. */
export type Content = Readonly<Record<string, { readonly schema: Schema }>>

/** What an operation answers with one status. */
export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: Content
}

/** A parameter of the path or of the query. */
export interface ParameterObject {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly description: string
  readonly schema: Schema
  readonly example?: unknown
}

/** One method of one path. */
export interface OperationObject {
  readonly operationId: string
  readonly tags: readonly [string]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly ParameterObject[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, ResponseObject>>
}

/** The methods that a path may have here. */
export type PathItem = Readonly<Partial<Record<HttpMethod, OperationObject>>>

/** The methods that the service answers, as OpenAPI spells them. */
export type HttpMethod = 'get' | 'head' | 'post' | 'delete'

/** Paths of one area. */
export type Paths = Readonly<Record<string, PathItem>>
