import { describe, invalid } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'

/**
 * A schema for a token's payload: any validator that follows Standard Schema version 1, such as those
 * of Zod, Valibot and ArkType (https://standardschema.dev).
 */
export interface PayloadSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    /** Judges a value: gives back the output, or what is wrong. */
    readonly validate: (
      value: unknown,
    ) => PayloadSchemaResult<Output> | Promise<PayloadSchemaResult<Output>>
  }
}

/** What a schema says: the value that fits, or what does not fit. */
export type PayloadSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly PayloadSchemaIssue[] }

/** One thing that does not fit. Its message is not shown: it may repeat what the token holds. */
export interface PayloadSchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const MAX_PATHS = 8
const MAX_PATH_LENGTH = 64

/** Checks a `schema` option. */
export function optionalSchema<Output>(
  schema: PayloadSchema<Output> | undefined,
): PayloadSchema<Output> | undefined {
  if (schema === undefined) return undefined
  // A schema may be a function with a property, as ArkType's are.
  const isCarrier = typeof schema === 'object' || typeof schema === 'function'
  if (!isCarrier || schema === null || typeof schema['~standard']?.validate !== 'function') {
    throw invalid(
      'schema',
      `"schema" must be a Standard Schema, with a "~standard" property; this is ${describe(schema)}.`,
    )
  }
  return schema
}

/**
 * Runs a schema over a payload.
 *
 * @throws {RequestError} 401 `ERR_CLAIMS_SCHEMA`, which lists the paths that do not fit.
 */
export async function applySchema<Output>(
  schema: PayloadSchema<Output>,
  payload: unknown,
): Promise<Output> {
  // What is signed stays frozen. Some libraries change a copy of theirs, which keeps the locks.
  const result = await schema['~standard'].validate(unlockedCopy(payload))
  if (result.issues === undefined) return result.value
  const paths = [...new Set(result.issues.map(pathOf))]
  const listed = paths.slice(0, MAX_PATHS).join(', ')
  const more = paths.length > MAX_PATHS ? `, and ${paths.length - MAX_PATHS} more` : ''
  throw new RequestError(
    'ERR_CLAIMS_SCHEMA',
    `The token's claims do not have the form that is asked for here, at: ${listed}${more}.`,
    { reason: 'claims_schema' },
  )
}

/** Copies a JSON value. Members are defined, not assigned: one may be named `__proto__`. */
function unlockedCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unlockedCopy)
  const copy = { ...value }
  for (const [key, member] of Object.entries<unknown>(copy)) {
    if (typeof member !== 'object' || member === null) continue
    Object.defineProperty(copy, key, { value: unlockedCopy(member) })
  }
  return copy
}

function pathOf({ path = [] }: PayloadSchemaIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment))
  return keys.length === 0 ? '(the payload itself)' : keys.join('.').slice(0, MAX_PATH_LENGTH)
}
