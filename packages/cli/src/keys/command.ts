import { KeyError } from '@mayfly/core'
import { type Command, Option } from 'commander'
import type { AddCommand, CliContext } from '../context.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { visibleJson } from '../text/visible.ts'
import { type GenerateFlags, generate } from './generate.ts'
import { importRead, type ReadKey } from './key-text.ts'
import { addOutputOptions, type OutputFlags, putOut } from './output.ts'
import { algorithmFlag, inFile, publicHalf, publishedJwk, readKeyFiles } from './public.ts'
import { type KeyFormat, writeKey } from './write.ts'

/** Adds `mayfly keys` with its commands. */
export const addKeys: AddCommand = (program, context) => {
  const keys = program
    .command('keys')
    .summary('make keys, convert them, and publish their public halves')
    .description('Makes keys, converts them, and writes their public halves.')
    .helpCommand(false)
  addGenerate(keys, context)
  addPublic(keys, context)
  addJwks(keys, context)
  addThumbprint(keys, context)
  addConvert(keys, context)
}

const FILE = 'PEM, a JWK, or what an environment variable made of it; "-": standard input'

function addGenerate(keys: Command, context: CliContext): void {
  const command = keys
    .command('generate')
    .summary('make a key')
    .description('Makes a key: a pair, whose private half is written, or a secret for HS256.')
    .option('--alg <name>', 'the algorithm that it is for (default: ES256)')
    .option('--bits <number>', 'of an RSA key: 2048, 3072 or 4096 (default: 2048)')
    .option('--kid <id>', 'its id (default: its thumbprint)')
    .addOption(
      new Option('--format <name>', 'pem, jwk; for a secret jwk, text').choices([
        'pem',
        'jwk',
        'text',
      ]),
    )
  addOutputOptions(command, 'secret')
  command.action(
    context.action<GenerateFlags>(async ({ options }) => {
      await generate(options, context)
      return undefined
    }),
  )
  addExamples(command, [
    ['a key for ES256', 'mayfly keys generate --out private.pem'],
    ['a secret for HS256', 'mayfly keys generate --alg HS256 --out secret.jwk'],
  ])
}

interface FormatFlags extends OutputFlags {
  readonly format?: KeyFormat
  readonly kid?: string
  readonly alg?: string
}

function addPublic(keys: Command, context: CliContext): void {
  const command = keys
    .command('public')
    .summary('write the public half of a key')
    .description('Writes the public half of a key.')
    .argument('<file>', FILE)
    .addOption(new Option('--format <name>', 'pem or jwk (default: pem)').choices(['pem', 'jwk']))
    .option('--kid <id>', 'its id in the JWK (default: its own, or its thumbprint)')
    .option('--alg <name>', 'its algorithm in the JWK (default: its own, or the usual one)')
  addOutputOptions(command, 'public')
  command.action(
    context.action<FormatFlags>(async ({ args: [file = '-'], options }) => {
      const { format = 'pem', kid, alg } = options
      const names = { keyId: kid, algorithm: algorithmFlag(alg) }
      const [key] = await readKeyFiles([file], context)
      if (key === undefined) return undefined
      const text = await named(key.file, async () =>
        format === 'jwk'
          ? JSON.stringify(await publishedJwk(key, names), undefined, 2)
          : writeKey(publicHalf(key), 'pem'),
      )
      await putOut(text, { isSecret: false, flags: options }, context)
      return undefined
    }),
  )
  addExamples(command, [['for a verifier', 'mayfly keys public private.pem --out public.pem']])
}

function addJwks(keys: Command, context: CliContext): void {
  const command = keys
    .command('jwks')
    .summary('write a JWK set of the public halves of keys')
    .description(
      'Writes a JWK set, fit to be published: public halves alone, each with kid, alg and use.',
    )
    .argument('<files...>', FILE)
    .option('--alg <name>', 'the algorithm of all of them (default: their own, or the usual one)')
  addOutputOptions(command, 'public')
  command.action(
    context.action<FormatFlags>(async ({ args, options }) => {
      const algorithm = algorithmFlag(options.alg)
      const set = []
      const seen = new Set<string>()
      for (const key of await readKeyFiles(args.flat() as string[], context)) {
        const jwk = await named(key.file, () => publishedJwk(key, { algorithm }))
        const { kid = '' } = jwk
        if (seen.has(kid)) {
          throw inFile(key.file, new KeyError('ERR_KEY_DUPLICATE', 'Another key has the same kid.'))
        }
        seen.add(kid)
        set.push(jwk)
      }
      await putOut(visibleJson({ keys: set }), { isSecret: false, flags: options }, context)
      return undefined
    }),
  )
  addExamples(command, [
    ['the new key and the old one', 'mayfly keys jwks new.pem old.pem --out jwks.json'],
  ])
}

function addThumbprint(keys: Command, context: CliContext): void {
  const command = keys
    .command('thumbprint')
    .summary('print the thumbprint of keys (RFC 7638)')
    .description(
      'Prints the SHA-256 thumbprint of keys (RFC 7638), the same for both halves of a pair.',
    )
    .argument('<files...>', FILE)
    .option('--json', 'print JSON')
    .action(
      context.action<{ readonly json?: true }>(async ({ args, options }) => {
        const found = []
        for (const key of await readKeyFiles(args.flat() as string[], context)) {
          const thumbprint = await named(key.file, () => thumbprintOf(key))
          const { file, type, kind, algorithm } = key
          found.push({ file, thumbprint, type, kind, algorithm })
        }
        const plain = found.map(({ file, thumbprint }) =>
          found.length === 1 ? thumbprint : `${thumbprint}  ${file}`,
        )
        await context.print(options.json === true ? visibleJson(found) : plain.join('\n'))
        return undefined
      }),
    )
  addExamples(command, [
    ['do these belong together?', 'mayfly keys thumbprint private.pem public.pem'],
  ])
}

async function thumbprintOf(key: ReadKey): Promise<string> {
  if (key.type === 'secret') {
    throw new KeyError(
      'ERR_KEY_TYPE',
      'The thumbprint of a secret would help to guess it; there is none.',
    )
  }
  return (await importRead(key)).fingerprint
}

function addConvert(keys: Command, context: CliContext): void {
  const command = keys
    .command('convert')
    .summary('convert a key: PEM, JWK, one line for the environment')
    .description(
      'Converts a key. It reads PKCS#8, PKCS#1, SEC1 and SPKI in PEM, and JWKs, with their line ends lost to "\\n" or in base64; PEM comes out as PKCS#8 or SPKI.',
    )
    .argument('<file>', FILE)
    .addOption(
      new Option(
        '--to <name>',
        'env: PEM on one line with "\\n"; base64: PEM on one line in base64',
      )
        .choices(['pem', 'jwk', 'env', 'base64', 'text'])
        .makeOptionMandatory(),
    )
    .option('--kid <id>', 'its id in the JWK (default: its own)')
  addOutputOptions(command, 'secret')
  command.action(
    context.action<FormatFlags & { readonly to: KeyFormat }>(
      async ({ args: [file = '-'], options }) => {
        const [key] = await readKeyFiles([file], context)
        if (key === undefined) return undefined
        const { kid = key.jwk?.kid } = options
        const { alg, use, key_ops: operations } = key.jwk ?? {}
        const names = {
          ...(kid !== undefined && { kid }),
          ...(alg !== undefined && { alg }),
          ...(use !== undefined && { use }),
          ...(operations !== undefined && { key_ops: operations }),
        }
        const text = await named(key.file, async () => writeKey(key.object, options.to, names))
        await putOut(text, { isSecret: key.type !== 'public', flags: options }, context)
        return undefined
      },
    ),
  )
  addExamples(command, [
    ['a GitHub key (PKCS#1) as PKCS#8', 'mayfly keys convert app.pem --to pem --out app.p8'],
    ['for one line of a .env file', 'mayfly keys convert AuthKey.p8 --to env > key.txt'],
  ])
}

async function named<Value>(file: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof KeyError ? inFile(file, error) : error
  }
}
