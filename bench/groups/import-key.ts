import { createPrivateKey } from 'node:crypto'
import { importKey } from '@mayfly/core'
import { importPKCS8 } from 'jose'
import type { Group } from '../lib/contender.ts'
import { expectSame, member } from './support/answers.ts'
import { makeMaterial } from './support/material.ts'

function isPrivate(answer: unknown): void {
  expectSame(member(answer, 'type'), 'private', 'the type')
}

/** A private key from PEM text. */
export async function importPem(): Promise<Group> {
  const { signing } = makeMaterial('ES256')
  const pem = signing.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    id: 'import-key',
    title: '`importKey()`, ES256 from PEM',
    about:
      'Each call reads the same PKCS #8 text. Mayfly’s also computes the fingerprint and looks whether both halves belong together, and gives a key that verifies as well. The floor is Node’s own `createPrivateKey()`.',
    batch: 32,
    floor: {
      id: 'floor',
      name: 'floor',
      library: 'node',
      run: () => createPrivateKey(pem),
      check: isPrivate,
    },
    mayfly: {
      id: 'mayfly',
      name: 'Mayfly `importKey()`',
      library: '@mayfly/core',
      run: () => importKey(pem, 'ES256'),
      check: isPrivate,
    },
    others: [
      {
        id: 'jose',
        name: '`importPKCS8()`',
        library: 'jose',
        run: () => importPKCS8(pem, 'ES256'),
        check: isPrivate,
        unlike: 'gives a key that signs alone, and looks at nothing but its form.',
      },
    ],
  }
}
