import { readBase64urlPart } from './base64url-part.ts'
import { type JsonObject, readJsonPart } from './json-part.ts'
import { opaqueKind } from './opaque.ts'
import { signatureFaults } from './signature-part.ts'

/** Where in a token something is wrong. */
export type Place = 'token' | 'header' | 'payload' | 'signature'

/** Something that is wrong with how a token is written. */
export interface Fault {
  readonly place: Place
  readonly message: string
}

/** A token taken apart. Nothing of it was verified. */
export interface ReadToken {
  /** `jws`: signed, three parts. `jwe`: encrypted. `opaque`: nothing in it can be read here. */
  readonly form: 'jws' | 'jwe' | 'opaque'
  readonly header: JsonObject | undefined
  readonly payload: JsonObject | undefined
  /** Of a token that is no JWT, what it seems to be. */
  readonly kind?: string
  readonly faults: readonly Fault[]
  readonly length: number
}

/** Longer tokens are refused by default, here and by many servers. */
const LONGEST = 12_288

/** Takes a token apart, however badly it is written, and says what is wrong where. */
export function readToken(token: string): ReadToken {
  const parts = token.split('.')
  const faults: Fault[] = []
  const at = (place: Place, messages: readonly string[]): void => {
    for (const message of messages) faults.push({ place, message: `The ${place} ${message}` })
  }
  if (token.length > LONGEST)
    at('token', [`is ${token.length} characters long; many servers stop at ${LONGEST}.`])
  const whole = shapeOf(token, parts)
  if ('opaque' in whole) {
    at('token', whole.opaque === '' ? [] : [whole.opaque])
    const kind = opaqueKind(token)
    return {
      form: 'opaque',
      header: undefined,
      payload: undefined,
      ...(kind !== undefined && { kind }),
      faults,
      length: token.length,
    }
  }
  at('token', whole.faults)
  const read = (place: 'header' | 'payload', text: string): JsonObject | undefined => {
    const { bytes, faults: spelling } = readBase64urlPart(text)
    at(place, spelling)
    const { value, faults: json } = readJsonPart(bytes)
    at(place, text === '' ? ['is empty.'] : json)
    return value
  }
  const [first = '', second = '', third] = parts
  const header = read('header', first)
  if (whole.form === 'jwe') {
    return { form: 'jwe', header, payload: undefined, faults, length: token.length }
  }
  const payload = read('payload', second)
  if (third !== undefined) at('signature', signatureFaults(third, header?.['alg']))
  return { form: 'jws', header, payload, faults, length: token.length }
}

type Shape =
  | { readonly opaque: string }
  | { readonly form: 'jws' | 'jwe'; readonly faults: readonly string[] }

function shapeOf(token: string, parts: readonly string[]): Shape {
  const count = parts.length
  if (token === '') return { opaque: 'is empty.' }
  if (opaqueKind(token) !== undefined) return { opaque: '' }
  if (token.startsWith('{')) {
    return {
      opaque:
        'is JSON. If it is a JWS in JSON serialisation: servers that take bearer tokens want the compact one, header.payload.signature.',
    }
  }
  if (/\.{2,}|…/.test(token) && !/^[^.]+\.[^.]*\.[^.]*\.[^.]+\.[^.]+$/.test(token)) {
    return {
      opaque:
        'has "…" or two dots in a row: its middle was cut out, perhaps by a log. Copy the whole of it.',
    }
  }
  if (count === 3) return { form: 'jws', faults: [] }
  if (count === 5) {
    return {
      form: 'jwe',
      faults: [
        'has five parts: it is encrypted (JWE). Only the holder of the key can read its claims, and a verifier of signed tokens refuses it.',
      ],
    }
  }
  if (count === 1 && !token.startsWith('eyJ')) return { opaque: '' }
  if (count === 1) {
    return {
      form: 'jws',
      faults: ['has one part, and should have three with dots between: the rest is missing.'],
    }
  }
  if (count === 2) {
    return {
      form: 'jws',
      faults: ['has two parts: the signature is missing. Was the end not copied?'],
    }
  }
  return { opaque: `has ${count} parts; a signed token has three, an encrypted one five.` }
}
