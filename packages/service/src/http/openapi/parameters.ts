import { PHONE_PATTERN, XID_PATTERN } from './schemas.ts'
import type { OperationObject, ParameterObject } from './types.ts'

/** The security of what takes a console token with a scope. */
export function scoped(...scopes: readonly string[]): OperationObject['security'] {
  return [{ consoleToken: scopes }]
}
/** The security of what takes no token. */
export const open: OperationObject['security'] = []

/** A parameter of the query that may be left out. */
export function query(
  name: string,
  description: string,
  schema: ParameterObject['schema'],
): ParameterObject {
  return { name, in: 'query', description, schema }
}

/** A number in the path. */
export const phone: ParameterObject = {
  name: 'phone',
  in: 'path',
  required: true,
  description: 'The number: digits that begin with the country code, without "+".',
  schema: { type: 'string', pattern: PHONE_PATTERN },
  example: '15555551212',
}
/** A transaction in the path. */
export const xid: ParameterObject = {
  name: 'xid',
  in: 'path',
  required: true,
  description: 'Names the transaction: letters, digits, ".", "_", "~" and "-".',
  schema: { type: 'string', pattern: XID_PATTERN },
  example: '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
}
/** Asks for the token of a record. */
export const include: ParameterObject = query(
  'include',
  'Give the token too. Takes the scope tokens:secret besides.',
  {
    const: 'token',
  },
)
