import { type Command, Option } from 'commander'

/** The command line as commander gives it: text, but for the switches. */
export interface ServeFlags {
  readonly issuer?: string
  readonly host: string
  readonly port: string
  readonly database?: string
  readonly ephemeral?: boolean
  readonly sealKeyFile?: string
  readonly redis?: string
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
  readonly metrics?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly consoleTokenFile?: string
  readonly shutdownTimeout: string
  readonly logLevel: string
}

/** What names the database, for the commands that work on it without serving. */
export type LedgerFlags = Pick<ServeFlags, 'database' | 'sealKeyFile' | 'issuer' | 'algorithm'>

/** Adds the options that say where the ledger is and how it is sealed. */
export function addLedgerOptions(command: Command): void {
  const group = 'Ledger:'
  add(
    command,
    group,
    '-d, --database <where>',
    'a SQLite file, or postgres://… (MAYFLY_DATABASE; default: mayfly.db)',
  )
  add(
    command,
    group,
    '--seal-key-file <file>',
    'what keys at rest are encrypted with: 32 bytes as base64url, a line each, the newest first (MAYFLY_SEAL_KEY; default for SQLite: a file of its own beside the database)',
  )
  add(
    command,
    group,
    '--issuer <url>',
    'the `iss` of the tokens, and where the service is reached (default: where it listens)',
  )
  add(command, group, '--algorithm <name>', 'what new keys are for (default: ES256)')
}

/** Adds the options of serving. */
export function addServeOptions(command: Command): void {
  addServerOptions(command)
  addLedgerOptions(command)
  addRecordOptions(command)
  addTokenOptions(command)
}

function addServerOptions(command: Command): void {
  const server = 'Server:'
  add(command, server, '--host <address>', 'the address to listen on', '127.0.0.1')
  add(command, server, '-p, --port <number>', 'the port to listen on; 0 takes any', '4810')
  add(
    command,
    server,
    '--tls-cert <file>',
    'serve HTTPS with this certificate; it is read again when it changes',
  )
  add(command, server, '--tls-key <file>', 'the key of the certificate')
  add(
    command,
    server,
    '--trust-proxy <what>',
    'the proxies in front: how many, or their addresses, as Express takes them',
  )
  add(
    command,
    server,
    '--shutdown-timeout <duration>',
    'how long answers on their way may take at the end',
    '10s',
  )
  add(
    command,
    server,
    '--metrics <who>',
    'who may read /metrics: public, client (with a console token of scope metrics:read) or none',
    'public',
  )
  add(command, server, '--log-level <level>', 'debug, info, warn, error or silent', 'info')
}

function addRecordOptions(command: Command): void {
  const ledger = 'Ledger:'
  add(command, ledger, '--ephemeral', 'keep keys and records in memory alone')
  add(command, ledger, '--store-tokens', 'keep the text of tokens too, encrypted')
  add(
    command,
    ledger,
    '--retention <duration>',
    'how long records stay after their token has ended (default: 30d)',
  )
}

function addTokenOptions(command: Command): void {
  const tokens = 'Tokens:'
  add(
    command,
    tokens,
    '--max-lifetime <duration>',
    'the longest life that POST /tokens gives (default: 24h)',
  )
  add(command, tokens, '--rotate-every <duration>', 'make a new key this often (default: 30d)')
  add(
    command,
    tokens,
    '--console-token-file <file>',
    'write the first console token there, for its owner alone (default: show it, on a terminal)',
  )
  add(command, tokens, '--telesign-customer-id <id>', 'serve Telesign’s contract as this customer')
  add(
    command,
    tokens,
    '--telesign-api-key-file <file>',
    'the API key of Telesign (MAYFLY_TELESIGN_API_KEY)',
  )
  add(
    command,
    tokens,
    '--telesign-access <who>',
    'public, or client: only with a console token (default: public)',
  )
  const limits = 'Limits:'
  add(command, limits, '--redis <url>', 'count the limits there, for several nodes (MAYFLY_REDIS)')
  add(command, limits, '--no-rate-limits', 'take any number of requests')
}

function add(
  command: Command,
  group: string,
  flags: string,
  ...[description, standard]: readonly [string, string?]
): void {
  const option = new Option(flags, description).helpGroup(group)
  command.addOption(standard === undefined ? option : option.default(standard))
}
