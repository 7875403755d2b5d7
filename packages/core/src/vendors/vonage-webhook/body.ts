import { invalidRequest } from '../../server/guard/request.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a body that was signed: JSON, or a form, whose parameters become strings, and lists of them
 * where a name comes more than once. Of any other kind, and of none, it is `undefined`.
 */
export function parseBody(bytes: Uint8Array, contentType: string | undefined): unknown {
  const [type = ''] = (contentType ?? '').split(';', 1)
  const essence = type.trim().toLowerCase()
  if (bytes.length === 0) return undefined
  if (essence === 'application/x-www-form-urlencoded') return parseForm(bytes)
  return /^application\/(?:[\w.+-]+\+)?json$/.test(essence) ? parseJson(bytes) : undefined
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes))
  } catch {
    throw invalidRequest('The body says that it is JSON, and is not.')
  }
}

function parseForm(bytes: Uint8Array): Record<string, string | string[]> {
  const form = new URLSearchParams(new TextDecoder().decode(bytes))
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const [first = '', ...more] = form.getAll(name)
      return [name, more.length === 0 ? first : [first, ...more]]
    }),
  )
}
