import { ALGORITHMS } from '@mayfly/core'
import { type Command, Option } from 'commander'

/** What `mayfly verify` takes, as commander keeps it. */
export interface VerifyFlags {
  readonly jwks?: string
  readonly key?: string
  readonly keyEnv?: string
  readonly secretFile?: string
  readonly secretEnv?: string
  readonly secretEncoding?: 'utf8' | 'base64' | 'hex'
  readonly allowShortSecret?: true
  readonly issuer?: string
  readonly alg?: readonly string[]
  readonly aud?: readonly string[]
  readonly iss?: readonly string[]
  readonly origin?: string
  readonly originClaim?: string
  readonly type?: string
  readonly scope?: readonly string[]
  readonly maxAge?: string
  readonly clockTolerance?: string
  readonly allowNoExp?: true
  readonly at?: string
  readonly json?: true
}

const KEYS = 'Keys (one of them):'
const CHECKS = 'What the token must say:'
const TIME = 'Time:'

/** Adds the options. */
export function addVerifyOptions(command: Command): void {
  const add = (group: string, flags: string, description: string): Option => {
    const option = new Option(flags, description).helpGroup(group)
    command.addOption(option)
    return option
  }
  const addList = (group: string, flags: string, description: string): void => {
    add(group, flags, `${description}; may be repeated`).argParser(collect)
  }
  add(KEYS, '--jwks <url|file>', 'the key set that the issuer publishes, or a copy of it')
  add(KEYS, '--issuer <url>', 'the issuer, which says itself where its keys are; also checks iss')
  add(KEYS, '--key <file>', 'a public key: PEM or a JWK; - for standard input')
  add(KEYS, '--key-env <name>', 'the name of an environment variable that holds the key')
  add(KEYS, '--secret-file <file>', 'a secret, for HS256 and its like; - for standard input')
  add(KEYS, '--secret-env <name>', 'the name of an environment variable that holds the secret')
  addList('Keys:', '--alg <name>', 'the algorithm that is allowed, such as ES256')
  add('Keys:', '--secret-encoding <name>', 'how the secret is written down').choices([
    'utf8',
    'base64',
    'hex',
  ])
  add('Keys:', '--allow-short-secret', 'take a secret that is shorter than the hash')
  addList(CHECKS, '--aud <name>', 'the audience: one of these')
  addList(CHECKS, '--iss <name>', 'the issuer: one of these')
  add(CHECKS, '--origin <origin>', 'the browser origin that it is used from, bound by a claim')
  add(CHECKS, '--origin-claim <name>', 'the claim that names the origins (default: aud)')
  add(CHECKS, '--type <typ>', 'the typ of its header, such as at+jwt')
  addList(CHECKS, '--scope <name>', 'a scope that it must have')
  add(TIME, '--max-age <duration>', 'how long ago it may have been issued')
  add(TIME, '--clock-tolerance <duration>', 'how far clocks may be apart (default: 5s)')
  add(TIME, '--allow-no-exp', 'take a token that never expires')
  add(TIME, '--at <time>', 'judge it as of another time: 2026-11-21T20:00:00Z, or seconds')
  command.option('--json', 'print JSON')
}

/** The algorithms, for messages. */
export const ALGORITHM_NAMES: string = ALGORITHMS.join(', ')

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
