import { OptionError } from '@mayfly/core'
import { type Command, Option } from 'commander'
import type { ServeWorld } from './world.ts'

/** The command line as commander gives it, completed by the environment: text, but for the switches. */
export interface ServeFlags {
  readonly issuer?: string
  readonly host: string
  readonly port: string
  readonly database?: string
  readonly ephemeral?: boolean
  readonly sealKeyFile?: string
  readonly redis?: string
  readonly clientsFile?: string
  readonly telesignCustomerId?: string
  readonly telesignApiKeyFile?: string
  readonly telesignAccess?: string
  readonly storeTokens?: boolean
  readonly retention?: string
  readonly maxLifetime?: string
  readonly algorithm?: string
  readonly rotateEvery?: string
  readonly trustProxy?: string
  readonly rateLimits: boolean
  readonly metrics: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly consoleTokenFile?: string
  readonly shutdownTimeout: string
  readonly drain: string
  readonly logLevel: string
}

/** What names the database, for the commands that work on it without serving. */
export type LedgerFlags = Pick<ServeFlags, 'database' | 'sealKeyFile' | 'issuer' | 'algorithm'>

type OptionRow = readonly [flags: string, description: string, standard?: string]

/** Where the ledger is and how it is sealed. */
const LEDGER: readonly OptionRow[] = [
  ['-d, --database <where>', 'a SQLite file, postgres://… or mongodb://… (default: mayfly.db)'],
  [
    '--seal-key-file <file>',
    'what keys at rest are encrypted with: 32 bytes as base64url, a line each, the newest first; MAYFLY_SEAL_KEY holds it itself (default for SQLite: a file of its own beside the database)',
  ],
  [
    '--issuer <url>',
    'the `iss` of the tokens, and where the service is reached (default: where it listens)',
  ],
  ['--algorithm <name>', 'what new keys are for (default: ES256)'],
]

const GROUPS: readonly (readonly [group: string, options: readonly OptionRow[]])[] = [
  [
    'Server:',
    [
      ['--host <address>', 'the address to listen on', '127.0.0.1'],
      ['-p, --port <number>', 'the port to listen on; 0 takes any', '4810'],
      ['--tls-cert <file>', 'serve HTTPS with this certificate; it is read again when it changes'],
      ['--tls-key <file>', 'the key of the certificate'],
      [
        '--trust-proxy <what>',
        'the proxies in front: how many, or their addresses, as Express takes them',
      ],
      ['--shutdown-timeout <duration>', 'how long answers on their way may take after that', '10s'],
      [
        '--drain <duration>',
        'how long to go on answering at the end, with /readyz at 503, so that load balancers and clients hear of it',
        '2s',
      ],
      [
        '--metrics <who>',
        'who may read /metrics: public, client (with a console token of scope metrics:read) or none',
        'public',
      ],
      ['--log-level <level>', 'debug, info, warn, error or silent', 'info'],
    ],
  ],
  [
    'Ledger:',
    [
      ...LEDGER,
      ['--ephemeral', 'keep keys and records in memory alone'],
      ['--store-tokens', 'keep the text of tokens too, encrypted'],
      [
        '--retention <duration>',
        'how long records stay after their token has ended (default: 30d)',
      ],
    ],
  ],
  [
    'Tokens:',
    [
      ['--max-lifetime <duration>', 'the longest life that POST /tokens gives (default: 24h)'],
      ['--rotate-every <duration>', 'make a new key this often (default: 30d)'],
      [
        '--console-token-file <file>',
        'write the first console token there, for its owner alone (default: show it, on a terminal)',
      ],
      [
        '--clients-file <file>',
        'what each client may have in its tokens, as JSON by its name (default: this issuer, and itself)',
      ],
      ['--telesign-customer-id <id>', 'serve Telesign’s contract as this customer'],
      [
        '--telesign-api-key-file <file>',
        'the API key of Telesign; MAYFLY_TELESIGN_API_KEY holds it itself',
      ],
      ['--telesign-access <who>', 'public, or client: only with a console token (default: public)'],
    ],
  ],
  [
    'Limits:',
    [
      ['--redis <url>', 'count the limits there, for several nodes'],
      ['--no-rate-limits', 'take any number of requests'],
    ],
  ],
]

/** Adds the options that say where the ledger is and how it is sealed. */
export function addLedgerOptions(command: Command): void {
  for (const row of LEDGER) add(command, 'Ledger:', row)
}

/** Adds the options of serving. */
export function addServeOptions(command: Command): void {
  for (const [group, rows] of GROUPS) for (const row of rows) add(command, group, row)
}

function add(command: Command, group: string, [flags, text, standard]: OptionRow): void {
  const option = new Option(flags, text).helpGroup(group)
  const [, words = text, usual] = /^(.*?)(?: \((default.*)\))?$/.exec(text) ?? []
  option.description = `${words} (${[variableOf(option), ...(usual === undefined ? [] : [usual])].join('; ')})`
  command.addOption(standard === undefined ? option : option.default(standard))
}

/** The environment variable of an option: `MAYFLY_` and its name. */
function variableOf(option: Option): string {
  return `MAYFLY_${option.long?.slice(2).toUpperCase().replaceAll('-', '_')}`
}

/**
 * Gives the options of a command: from its command line, else from the environment, else as they are
 * usually. An empty variable is none.
 *
 * @throws {OptionError} for a switch whose variable is neither true nor false.
 */
export function readFlags(
  command: Command,
  { env }: Pick<ServeWorld, 'env'>,
): Record<string, unknown> {
  const flags = command.optsWithGlobals<Record<string, unknown>>()
  for (const option of [command, command.parent].flatMap((one) => one?.options ?? [])) {
    const name = option.attributeName()
    const variable = variableOf(option)
    // Options that say nothing of a variable are other programs', or have none.
    const value = option.description.includes(variable) ? env[variable] : undefined
    const source = command.getOptionValueSourceWithGlobals(name)
    if (value === undefined || value === '' || source === 'cli') continue
    flags[name] = option.isBoolean() || option.negate ? readSwitch(option, value) : value
  }
  return flags
}

function readSwitch(option: Option, value: string): boolean {
  const isOn = /^(?:true|1|yes|on)$/i.test(value)
  if (isOn || /^(?:false|0|no|off)$/i.test(value)) return isOn !== option.negate
  const variable = variableOf(option)
  throw new OptionError('ERR_OPTION_INVALID', variable, `${variable} must be true or false.`)
}
