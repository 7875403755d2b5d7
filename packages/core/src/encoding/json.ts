/** A JSON object as it was parsed. */
export type JsonObject = Record<string, unknown>

/** The bounds of {@link parseJsonObject}. */
export interface JsonBounds {
  /** How deep objects and arrays may nest, the object itself included. Default 32. */
  readonly maxDepth?: number
  /** How many bytes the text may have. Default 65 536. */
  readonly maxBytes?: number
}

/** Parses bytes as one JSON object; anything else is `undefined`. */
export function parseJsonObject(
  bytes: Uint8Array,
  bounds: JsonBounds = {},
): JsonObject | undefined {
  if (bytes.length > (bounds.maxBytes ?? 65_536)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined
  } catch {
    return undefined
  }
}
