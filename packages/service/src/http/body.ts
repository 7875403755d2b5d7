import express, { type Request, type Response } from 'express'
import { badParameter, ServiceProblem } from './problem.ts'
import { shown } from './parameters.ts'

/** The media types of the bodies that operations take. */
export const MEDIA_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
} as const

/** Reads the bytes of bodies, up to a limit. */
export type ReadBody = (req: Request, res: Response) => Promise<Uint8Array>

/** Compiles a reader of bodies. */
export function bodyReader(limit: number): ReadBody {
  const parse = express.raw({ type: () => true, limit, inflate: false })
  return async (req, res) => {
    await new Promise<void>((resolve, reject) => {
      parse(req, res, (error?: unknown) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
    const body: unknown = req.body
    if (body instanceof Uint8Array) return body
    if (body === undefined) return new Uint8Array()
    throw new Error('Mount the token service before any body parser: it reads bodies itself.')
  }
}

/** Refuses a body of another media type, or of several. */
export function requireMediaType(req: Request, kind: keyof typeof MEDIA_TYPES): void {
  const sent = req.headersDistinct['content-type'] ?? []
  const [type = '', ...parameters] = (sent[0] ?? '').split(';').map((part) => part.trim())
  const plain = parameters.every((parameter) => /^charset="?utf-8"?$/i.test(parameter))
  if (sent.length === 1 && plain && type.toLowerCase() === MEDIA_TYPES[kind]) return
  const message = `Send the body as ${MEDIA_TYPES[kind]}, in UTF-8.`
  throw new ServiceProblem('ERR_MEDIA_TYPE', message, { status: 415 })
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Reads bytes as text. */
export function readText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch (cause) {
    throw new ServiceProblem('ERR_BODY', 'The body is not UTF-8.', { status: 400, cause })
  }
}

const MAX_DEPTH = 32

/**
 * Reads a JSON object that has these members and no others. What is in them is checked by who takes
 * them, but for what nests too deep, and for `__proto__`, which has no business in any claim.
 */
export function readJson(
  bytes: Uint8Array,
  known: readonly string[],
): ReadonlyMap<string, unknown> {
  const value = parseJson(readText(bytes))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceProblem('ERR_BODY', 'The body must be a JSON object.', { status: 400 })
  }
  const members = new Map(Object.entries(value))
  for (const name of members.keys()) {
    if (known.includes(name)) continue
    const takes = `It takes: ${known.join(', ')}.`
    throw badParameter(shown(name), `The body has no member "${shown(name)}". ${takes}`)
  }
  requireShallow(value, 1)
  return members
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message repeats what came in.
    throw new ServiceProblem('ERR_BODY', 'The body is not JSON.', { status: 400 })
  }
}

function requireShallow(value: object, depth: number): void {
  if (depth > MAX_DEPTH) {
    const message = `The body nests more than ${MAX_DEPTH} levels deep.`
    throw new ServiceProblem('ERR_BODY', message, { status: 400 })
  }
  if (Object.hasOwn(value, '__proto__')) {
    throw badParameter('__proto__', 'No object may have a member "__proto__".')
  }
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) requireShallow(member, depth + 1)
  }
}
