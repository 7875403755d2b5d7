/** Reads the claims of a token without a look at its signature. */
export function readClaims(token: string): Record<string, unknown> {
  return readPart(token, 1)
}

/** Reads the header of a token. */
export function readHeader(token: string): Record<string, unknown> {
  return readPart(token, 0)
}

function readPart(token: string, index: number): Record<string, unknown> {
  const part = Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()
  return JSON.parse(part) as Record<string, unknown>
}
