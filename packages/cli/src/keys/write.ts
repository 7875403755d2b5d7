import type { KeyObject } from 'node:crypto'
import { type Jwk, KeyError } from '@mayfly/core'

/** How a key is written down. */
export type KeyFormat = 'pem' | 'jwk' | 'env' | 'base64' | 'text'

/** Members of a JWK that are not the key itself. */
export type JwkNames = Pick<Jwk, 'kid' | 'alg' | 'use' | 'key_ops'>

/** Writes a key: PEM is PKCS#8 for private keys and SPKI for public ones. */
export function writeKey(object: KeyObject, format: KeyFormat, names: JwkNames = {}): string {
  switch (format) {
    case 'jwk':
      return JSON.stringify({ ...object.export({ format: 'jwk' }), ...names }, undefined, 2)
    case 'env':
      return pem(object).replaceAll('\n', '\\n')
    case 'base64':
      return Buffer.from(`${pem(object)}\n`).toString('base64')
    case 'text':
      if (object.type === 'secret') return object.export().toString('base64url')
      throw new KeyError('ERR_KEY_TYPE', 'Only a secret can be written as text; give pem or jwk.')
    default:
      return pem(object)
  }
}

function pem(object: KeyObject): string {
  if (object.type === 'secret') {
    throw new KeyError('ERR_KEY_TYPE', 'There is no PEM for a secret; give jwk or text.')
  }
  const type = object.type === 'private' ? 'pkcs8' : 'spki'
  return object.export({ format: 'pem', type }).toString().trimEnd()
}
