import express, { type Request, type Response } from 'express'
import { ServiceProblem } from './problem.ts'

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
