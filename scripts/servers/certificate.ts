import { join } from 'node:path'
import { type Binary, binaryForTests } from './binary.ts'
import { runProgram } from './process.ts'

const OPENSSL: Binary = { names: ['openssl'], package: 'openssl' }

/** A certificate for `localhost` that vouches for itself, and its key: two PEM files. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Tells whether there is an `openssl` to test with; see {@link binaryForTests}. */
export function hasOpenssl(): boolean {
  return binaryForTests(OPENSSL) !== undefined
}

/** Makes a certificate in a folder. `name` is what its subject is called. */
export async function makeCertificate(folder: string, name: string): Promise<CertificateFiles> {
  const file = binaryForTests(OPENSSL)
  if (file === undefined) throw new Error('There is no openssl.')
  const certFile = join(folder, `${name}.crt`)
  const keyFile = join(folder, `${name}.key`)
  const kind = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' ')
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost']
  await runProgram(file, ['req', ...kind, ...names, '-keyout', keyFile, '-out', certFile])
  return { certFile, keyFile }
}
