import { ALGORITHMS } from '@mayfly/core'
import {
  type ClientCredentialsOptions,
  clientCredentials,
  type GithubAppOptions,
  githubApp,
  type GithubInstallationOptions,
  githubInstallation,
  type GoogleServiceAccountOptions,
  googleServiceAccount,
  type JwtSourceOptions,
  jwtSource,
} from '@mayfly/core/vendors'
import { UnavailableError } from '../usage-error.ts'
import {
  type Credential,
  EXCHANGED,
  ORIGIN,
  type Settings,
  SIGNED,
  type VendorOption,
} from './option.ts'
import type { VendorCommand } from './vendor.ts'

const GITHUB_KEY: Credential = {
  kind: 'key',
  property: 'privateKey',
  what: 'the app’s private key',
}
const APP_ID: VendorOption = {
  flags: '--app-id <id>',
  description: 'the app’s client id, such as Iv23li…, or its app id',
  required: true,
}
const GITHUB_URL: VendorOption = {
  flags: '--base-url <url>',
  description: 'where GitHub’s API is (default: https://api.github.com)',
}
const ALLOW_HTTP: VendorOption = {
  flags: '--allow-http <host>',
  description: 'a host that may be called without TLS, in a private network; may be repeated',
  kind: 'list',
}
const SCOPE: VendorOption = {
  flags: '--scope <scope>',
  description: 'what the token is to allow; may be repeated',
  kind: 'list',
}

/** The commands for platforms, and for everything else. */
export const PLATFORMS: readonly VendorCommand[] = [
  {
    name: 'github-app',
    function: 'githubApp',
    title: 'GitHub: an app’s own token',
    group: 'GitHub and Google:',
    credential: GITHUB_KEY,
    options: [APP_ID, GITHUB_URL, ...SIGNED, ORIGIN],
    example: '--app-id Iv23liabcdefghijklmn --key app.private-key.pem',
    url: 'https://api.github.com/app',
    create: (settings, { clock }) =>
      githubApp({ ...settings, clock } as unknown as GithubAppOptions),
  },
  {
    name: 'github-installation',
    function: 'githubInstallation',
    title: 'GitHub: a token for an installation of an app',
    group: 'GitHub and Google:',
    credential: GITHUB_KEY,
    options: [
      APP_ID,
      {
        flags: '--installation-id <id>',
        description: 'the installation, as its page or a webhook names it',
        required: true,
      },
      {
        flags: '--repository <name>',
        description: 'the only repositories that it is for; may be repeated',
        kind: 'list',
        property: 'repositories',
      },
      {
        flags: '--permission <name=access>',
        description: 'what it may do, such as contents=read; may be repeated',
        kind: 'assignments',
        property: 'permissions',
      },
      GITHUB_URL,
      ...EXCHANGED,
      ORIGIN,
    ],
    example:
      '--app-id Iv23liabcdefghijklmn --installation-id 12345678 --permission contents=read --key app.private-key.pem --cache',
    url: 'https://api.github.com/installation/repositories',
    create: ({ appId, privateKey, ...settings }, { clock, fetch }) => {
      const { baseUrl } = settings
      const app = githubApp({
        appId,
        privateKey,
        clock,
        ...(baseUrl !== undefined && { baseUrl }),
      } as unknown as GithubAppOptions)
      return githubInstallation({
        app,
        clock,
        fetch,
        ...settings,
      } as unknown as GithubInstallationOptions)
    },
  },
  {
    name: 'google-service-account',
    function: 'googleServiceAccount',
    title: 'Google APIs: a service account',
    group: 'GitHub and Google:',
    credential: { kind: 'key', property: 'credentials', what: 'the JSON file of the key' },
    options: [
      SCOPE,
      {
        flags: '--audience <url>',
        description: 'the API of a self-signed token, such as https://pubsub.googleapis.com/',
      },
      { flags: '--subject <email>', description: 'the user to act for' },
      { flags: '--self-signed', description: 'use the signed JWT itself', kind: 'switch' },
      ...SIGNED,
      ...EXCHANGED,
      ORIGIN,
    ],
    example:
      '--key service-account.json --scope https://www.googleapis.com/auth/devstorage.read_only --cache',
    url: 'https://www.googleapis.com/storage/v1/b/BUCKET',
    create: (settings, surroundings) =>
      googleServiceAccount({
        ...settings,
        ...surroundings,
      } as unknown as GoogleServiceAccountOptions),
  },
  {
    name: 'client-credentials',
    function: 'clientCredentials',
    title: 'OAuth 2.0 client credentials, from any server',
    group: 'Any server:',
    credential: {
      kind: 'either',
      secret: 'clientSecret',
      key: 'privateKey',
      what: 'the client’s secret or key',
      keyIs: 'the client’s private key',
      secretIs: 'the client’s secret',
    },
    options: [
      { flags: '--token-endpoint <url>', description: 'the URL that gives tokens; or --issuer' },
      {
        flags: '--issuer <url>',
        description: 'the authorization server; its endpoint is looked up',
      },
      { flags: '--client-id <id>', description: 'the client’s id', required: true },
      SCOPE,
      {
        flags: '--audience <text>',
        description: 'the parameter "audience", for servers that want it',
      },
      {
        flags: '--resource <url>',
        description: 'what the token is used at; may be repeated',
        kind: 'list',
      },
      {
        flags: '--parameter <name=text>',
        description: 'a further parameter; may be repeated',
        kind: 'assignments',
        property: 'parameters',
      },
      {
        flags: '--authentication <method>',
        description: 'how the secret is sent',
        choices: ['client_secret_basic', 'client_secret_post'],
      },
      { flags: '--key-id <id>', description: 'the id under which the server knows the key' },
      {
        flags: '--algorithm <name>',
        description: 'what the assertion is signed with',
        choices: ALGORITHMS,
      },
      {
        flags: '--assertion-audience <url>',
        description: 'the "aud" of the assertion (default: the issuer, or the token endpoint)',
      },
      {
        flags: '--default-lifetime <duration>',
        description: 'how long tokens live whose answer does not say it',
        kind: 'duration',
      },
      {
        flags: '--token-type <type>',
        description: 'another token_type than Bearer that is taken; may be repeated',
        kind: 'list',
      },
      ALLOW_HTTP,
      ...EXCHANGED,
      ORIGIN,
    ],
    example:
      '--token-endpoint https://login.example.com/token --client-id ID --secret-env CLIENT_SECRET --cache',
    create: ({ assertionAudience, ...settings }, surroundings) =>
      clientCredentials({
        ...settings,
        ...surroundings,
        ...(assertionAudience !== undefined && { assertion: { audience: assertionAudience } }),
      } as unknown as ClientCredentialsOptions),
  },
  {
    name: 'jwt',
    function: 'jwtSource',
    title: 'any other JWT that is signed here',
    group: 'Any server:',
    credential: {
      kind: 'either',
      secret: 'secret',
      key: 'key',
      what: 'the secret or the private key',
      keyIs: 'the private key',
      secretIs: 'the secret',
    },
    options: [
      {
        flags: '--algorithm <name>',
        description: 'what it is signed with',
        choices: ALGORITHMS,
        required: true,
      },
      { flags: '--key-id <id>', description: 'goes into the header, as kid' },
      { flags: '--issuer <text>', description: 'the claim "iss"' },
      { flags: '--subject <text>', description: 'the claim "sub"' },
      { flags: '--audience <text>', description: 'the claim "aud"; may be repeated', kind: 'list' },
      {
        flags: '--header-field <name=value>',
        description: 'a further member of the header; may be repeated',
        kind: 'assignments',
        property: 'header',
      },
      {
        flags: '--secret-encoding <name>',
        description: 'how the secret is written (default: text)',
        choices: ['text', 'base64', 'base64url', 'hex'],
      },
      {
        flags: '--allow-short-secret',
        description: 'accept a secret that is shorter than the hash',
        kind: 'switch',
      },
      ALLOW_HTTP,
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--algorithm ES256 --key private.pem --issuer me --audience https://api.example.com --lifetime 5m',
    url: 'https://api.example.com/ --origin https://api.example.com',
    create: (settings, { clock }) => jwtSource(jwtOptions(settings, clock)),
  },
]

const JWT_LIFETIME = 300

function jwtOptions(
  { issuer, subject, audience, claims, secret, secretEncoding = 'text', ...settings }: Settings,
  clock: JwtSourceOptions['clock'],
): JwtSourceOptions {
  const named = { iss: issuer, sub: subject, aud: audienceOf(audience) }
  const given = Object.entries(named).filter(([, value]) => value !== undefined)
  return {
    lifetime: JWT_LIFETIME,
    origins: [],
    ...settings,
    ...(secret !== undefined && {
      key: { secret: secretBytes(secret as string, secretEncoding as SecretEncoding) },
    }),
    claims: { ...(claims as object | undefined), ...Object.fromEntries(given) },
    clock,
  } as unknown as JwtSourceOptions
}

type SecretEncoding = 'text' | 'base64' | 'base64url' | 'hex'

const SPELLING: Readonly<Record<Exclude<SecretEncoding, 'text'>, RegExp>> = {
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
  hex: /^(?:[0-9A-Fa-f]{2})+$/,
}

function secretBytes(text: string, encoding: SecretEncoding): Uint8Array {
  if (encoding === 'text') return new TextEncoder().encode(text)
  if (SPELLING[encoding].test(text)) return new Uint8Array(Buffer.from(text, encoding))
  throw new UnavailableError(`The secret is not written in ${encoding}.`)
}

/** One audience is text, several are a list (RFC 7519 section 4.1.3). */
function audienceOf(audience: unknown): unknown {
  return Array.isArray(audience) && audience.length === 1 ? audience[0] : audience
}
