import type { Command } from 'commander'

/** What people call things whose command has another name. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  token: ['mint', 'sign', 'create', 'issue', 'get', 'print', 'new'],
  inspect: ['decode', 'show', 'read', 'debug', 'jwt', 'parse'],
  verify: ['check', 'validate', 'test'],
  explain: ['why', 'diagnose', 'doctor', '401'],
  curl: ['fetch', 'call', 'request', 'http', 'send', 'wget'],
  keys: ['key', 'keygen', 'generate', 'jwks', 'jwk'],
  serve: ['server', 'service', 'start', 'run'],
  cache: ['clear', 'logout', 'clean'],
  completion: ['completions', 'complete', 'autocomplete'],
  'app-store-connect': ['asc', 'fastlane', 'testflight', 'itunes'],
  'app-store-server': ['storekit', 'iap', 'purchases'],
  apns: ['push', 'notifications', 'apn'],
  'music-kit': ['applemusic'],
  'apple-client-secret': ['signinwithapple', 'siwa'],
  vonage: ['nexmo', 'opentok'],
  'google-service-account': ['gcp', 'gcloud', 'adc', 'firebase'],
  'client-credentials': ['oauth', 'oauth2', 'm2m'],
  'zoom-server-to-server': ['s2s'],
}

/** Suggests commands for a name that is half remembered; `undefined` where none comes near. */
export function suggestionFor(word: string, command: Command): string | undefined {
  const wanted = plain(word)
  if (wanted.length < 3 || wanted.length > 32) return undefined
  const here = named(wanted, command)
  const root = rootOf(command)
  const below = root.commands.find((each) => each.name() === 'token')
  const elsewhere = here.length > 0 || command !== root || !below ? [] : named(wanted, below)
  const found = here.length > 0 ? here : elsewhere
  if (found.length === 0) return undefined
  return `Did you mean ${listOf(found.slice(0, 6))}?`
}

function named(wanted: string, command: Command): string[] {
  const path = pathOf(command)
  const paths = (matches: (each: Command) => boolean): string[] =>
    command.commands.filter(matches).map((each) => `${path} ${each.name()}`)
  const stages: readonly ((each: Command) => boolean)[] = [
    (each) => plain(each.name()) === wanted,
    (each) => OTHER_WORDS[each.name()]?.includes(wanted) ?? false,
    (each) => plain(each.name()).includes(wanted) || plain(each.helpGroup()) === wanted,
    (each) => wanted.includes(plain(each.name())) || plain(each.summary()).includes(wanted),
  ]
  return stages.map(paths).find((found) => found.length > 0) ?? []
}

/** Half-remembered names differ in case and hyphens first. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`)
  return quoted.length === 1
    ? (quoted[0] ?? '')
    : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
