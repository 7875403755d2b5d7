import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { type Clock, OptionError } from '@mayfly/core'
import {
  alarm,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
  requireString,
} from '@mayfly/core/adapter'

/** Where a server's certificate is. */
export interface TlsOptions {
  /** The certificate and what it was signed with, as PEM. */
  readonly certFile: string
  /** Its private key, as PEM. */
  readonly keyFile: string
  /** How often the files are looked at for a change. Default 5 000. */
  readonly pollMs?: number
}

/** What befell a certificate that was read again. */
export type TlsEvent =
  | { readonly type: 'tls-reload' }
  | { readonly type: 'tls-reload-failed'; readonly message: string }

/** A certificate and its key, as `node:tls` takes them. */
export interface Credentials {
  readonly cert: string
  readonly key: string
}

/** What watches a certificate needs to know. */
export interface TlsWatch {
  readonly clock: Clock
  readonly use: (credentials: Credentials) => void
  readonly observe: (event: TlsEvent) => void
}

/** Checks the option `tls`. */
export function requireTlsOptions(options: unknown): Required<TlsOptions> {
  requireOptions(options, 'tls')
  refuseUnknownOptions(options, ['certFile', 'keyFile', 'pollMs'], 'tls')
  const { certFile, keyFile, pollMs }: Partial<TlsOptions> = options
  return {
    certFile: requireString(certFile, 'certFile', 4096),
    keyFile: requireString(keyFile, 'keyFile', 4096),
    pollMs: optionalNumber(pollMs, 'pollMs', { min: 10, unit: 'milliseconds' }) ?? 5000,
  }
}

/**
 * Reads a certificate and its key, and sees whether they belong together.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` that names the file and what is wrong with it.
 */
export async function readCredentials({ certFile, keyFile }: TlsOptions): Promise<Credentials> {
  // One after the other: where both are missing, it is always the first that is named.
  const cert = await readPem(certFile, 'certFile')
  const key = await readPem(keyFile, 'keyFile')
  try {
    createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
  } catch (cause) {
    throw new OptionError(
      'ERR_OPTION_INVALID',
      'tls',
      `The certificate in ${certFile} and the key in ${keyFile} cannot be used together: ${reasonOf(cause)}.`,
    )
  }
  return { cert, key }
}

/**
 * Reads the files again when they change, and hands over what was read. A pair that does not fit, as
 * while one file is written and the other not yet, changes nothing: the next change is tried again.
 * Gives a function that ends it. It keeps no process alive.
 *
 * @param known what {@link fileMarks} gave before the files in use were read.
 */
export function watchCredentials(
  options: Required<TlsOptions>,
  known: string,
  { clock, use, observe }: TlsWatch,
): () => void {
  let marks = known
  let ended = false
  const look = async (): Promise<void> => {
    const now = await fileMarks(options)
    if (now !== marks) {
      marks = now
      await reload()
    }
    schedule()
  }
  const reload = async (): Promise<void> => {
    try {
      const credentials = await readCredentials(options)
      if (ended) return
      use(credentials)
      observe({ type: 'tls-reload' })
    } catch (error) {
      observe({ type: 'tls-reload-failed', message: reasonOf(error) })
    }
  }
  let callOff: (() => void) | undefined
  const schedule = (): void => {
    if (!ended) callOff = alarm(clock, options.pollMs, () => void look())
  }
  schedule()
  return () => {
    ended = true
    callOff?.()
  }
}

/** What a file system tells of the files: another text once either has changed, links included. */
export async function fileMarks({ certFile, keyFile }: TlsOptions): Promise<string> {
  const marks = await Promise.all(
    [certFile, keyFile].map(async (file) => {
      try {
        const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true })
        return [dev, ino, size, mtimeNs].join(' ')
      } catch (error) {
        return reasonOf(error)
      }
    }),
  )
  return marks.join(', ')
}

async function readPem(file: string, option: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new OptionError(
      'ERR_OPTION_INVALID',
      option,
      `${file} cannot be read: ${reasonOf(cause)}.`,
    )
  }
  if (text.includes('-----BEGIN ')) return text
  throw new OptionError('ERR_OPTION_INVALID', option, `${file} holds no PEM text.`)
}

/** OpenSSL's reasons and the system's codes; neither holds any of the key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown reason'
  if ('reason' in error && typeof error.reason === 'string') return error.reason
  if (error instanceof OptionError) return error.message
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
