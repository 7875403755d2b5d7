import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ALGORITHMS, type Algorithm, importKey, signCompact, TokenVerifier } from '@mayfly/core'
import { vonage } from '@mayfly/core/vendors'
import { repositoryRoot } from './lib/files.ts'

// Has other languages' libraries judge our tokens, and judges theirs; prints the verdicts as a table.

const FOLDER = join(repositoryRoot, 'node_modules/.judges')
const HERE = join(import.meta.dirname, 'judges')
const isCi = process.env['CI'] === 'true'
const now = Math.floor(Date.now() / 1000)
const claims = {
  iss: 'https://auth.example.com',
  aud: 'orders',
  sub: 'alice',
  iat: now,
  exp: now + 300,
}

interface Case {
  readonly algorithm: Algorithm
  readonly token: string
  readonly forged: string
  readonly publicJwk: object
  readonly [more: string]: unknown
}

interface Verdicts {
  readonly version: string
  readonly verdicts: Readonly<
    Record<string, { good: string; forged: string; token?: string; signing?: string }>
  >
}

/** A library that judges: how to run it, and the algorithms that it does not know. */
interface Judge {
  readonly name: string
  /** CI has it; elsewhere it is left out where it is not there. */
  readonly inCi: boolean
  readonly unknown: readonly string[]
  readonly run: (input: string) => string
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

function pairFor(algorithm: string): { publicKey: KeyObject; privateKey: KeyObject } {
  const namedCurve = CURVES[algorithm]
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve })
  if (algorithm.startsWith('E')) return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

async function caseFor(algorithm: Algorithm): Promise<Case> {
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  const forge = (token: string): string => {
    const [header, , signature] = token.split('.')
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url')
    return `${header}.${other}.${signature}`
  }
  if (algorithm.startsWith('HS')) {
    const secret = Buffer.alloc(64, 7)
    const jwk = { kty: 'oct', k: secret.toString('base64url') }
    const token = await signCompact(payload, { typ: 'JWT' }, await importKey({ secret }, algorithm))
    const keys = { secret: secret.toString('hex'), publicJwk: jwk, privateJwk: jwk }
    return { algorithm, token, forged: forge(token), ...keys }
  }
  const { privateKey, publicKey } = pairFor(algorithm)
  const token = await signCompact(payload, { typ: 'JWT' }, await importKey(privateKey, algorithm))
  return {
    algorithm,
    token,
    forged: forge(token),
    publicJwk: publicKey.export({ format: 'jwk' }),
    privateJwk: privateKey.export({ format: 'jwk' }),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
}

/** What of our algorithms a library does not know; anything else that it refuses is a fault. */
const NEW_NAMES = ['Ed25519']

const debianPython =
  (library: string) =>
  (input: string): string =>
    execute('/usr/bin/python3', [join(HERE, 'judge.py'), library], input, HERE)

/** Packages of PyPI, in a folder of their own. */
function pypi(library: string, ...packages: readonly string[]): (input: string) => string {
  return (input) => {
    const folder = join(FOLDER, library)
    if (!existsSync(folder)) {
      const flags = ['-m', 'pip', 'install', '--quiet', '--target', folder]
      execFileSync('python3', [...flags, ...packages], { stdio: ['ignore', 'ignore', 'pipe'] })
    }
    return execute('python3', [join(HERE, 'judge.py'), library], input, HERE, {
      PYTHONPATH: folder,
    })
  }
}

function golangJwt(input: string): string {
  const folder = join(FOLDER, 'go')
  if (!existsSync(join(folder, 'judge'))) {
    mkdirSync(folder, { recursive: true })
    execFileSync('cp', [join(HERE, 'go/main.go'), folder])
    const go = (...args: readonly string[]): unknown =>
      execFileSync('go', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    if (!existsSync(join(folder, 'go.mod'))) go('mod', 'init', 'judge')
    go('get', 'github.com/golang-jwt/jwt/v5@v5.3.0')
    go('build', '-o', 'judge')
  }
  return execute(join(folder, 'judge'), [], input, folder)
}

const NIMBUS = '10.5'

function nimbus(input: string): string {
  const folder = join(FOLDER, 'java')
  mkdirSync(folder, { recursive: true })
  const jar = join(folder, `nimbus-jose-jwt-${NIMBUS}.jar`)
  if (!existsSync(jar)) {
    const artifact = `com.nimbusds:nimbus-jose-jwt:${NIMBUS}`
    const flags = [
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
      '-Dmdep.useBaseVersion=true',
    ]
    execFileSync('mvn', ['-q', 'dependency:copy', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
  return execute('java', ['-cp', jar, join(HERE, 'java/Judge.java'), NIMBUS], input, folder)
}

function execute(
  file: string,
  args: readonly string[],
  input: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync(file, args, {
    input,
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

const JUDGES: readonly Judge[] = [
  { name: 'python3-jwt', inCi: true, unknown: NEW_NAMES, run: debianPython('pyjwt') },
  { name: 'python3-jwcrypto', inCi: true, unknown: NEW_NAMES, run: debianPython('jwcrypto') },
  {
    name: 'python_jwt',
    inCi: false,
    unknown: [],
    run: pypi('python_jwt', 'python_jwt==4.1.0'),
  },
  { name: 'golang-jwt', inCi: false, unknown: NEW_NAMES, run: golangJwt },
  // EdDSA needs another library beside it.
  { name: 'nimbus-jose-jwt', inCi: false, unknown: [...NEW_NAMES, 'EdDSA'], run: nimbus },
]

const cases = await Promise.all(ALGORITHMS.map(caseFor))
const rows = new Map<string, string[]>(cases.map(({ algorithm }) => [algorithm, []]))
const heads: string[] = []

for (const judge of JUDGES) {
  const found = attempt(
    judge.name,
    judge.inCi,
    () => JSON.parse(judge.run(JSON.stringify({ cases, claims }))) as Verdicts,
  )
  if (found === undefined) continue
  heads.push(`${judge.name} ${found.version}`)
  for (const one of cases) rows.get(one.algorithm)?.push(await verdictOf(judge, one, found))
}
await judgeVonage()
printTable()

/** One cell of the table: that both directions hold, or what does not. */
async function verdictOf(judge: Judge, one: Case, { verdicts }: Verdicts): Promise<string> {
  const { good, forged, token, signing } = verdicts[one.algorithm] ?? {}
  if (judge.unknown.includes(one.algorithm)) {
    if (good !== 'accepted' && forged !== 'accepted') return 'unknown there'
    return fail(`${judge.name} knows ${one.algorithm} by now`)
  }
  if (good !== 'accepted') return fail(`${judge.name} refuses our ${one.algorithm}: ${good}`)
  if (forged === 'accepted') return fail(`${judge.name} takes a forged ${one.algorithm}`)
  if (token === undefined) return fail(`${judge.name} signs no ${one.algorithm}: ${signing}`)
  const verifier = new TokenVerifier({
    issuer: claims.iss,
    audience: claims.aud,
    keys: [{ algorithm: one.algorithm, key: one.publicJwk }],
  })
  const { claims: read } = await verifier.verify(token)
  return read.sub === 'alice' ? 'both ways' : fail(`${judge.name}: sub is ${read.sub}`)
}

/** The members of a token's header and payload; of those that differ each time the type alone. */
function shape(token: string): unknown {
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => {
      const members = JSON.parse(Buffer.from(part, 'base64url').toString()) as object
      return Object.fromEntries(
        Object.entries(members).map(([name, value]: [string, unknown]) => [
          name,
          ['iat', 'exp', 'jti'].includes(name) ? typeof value : value,
        ]),
      )
    })
}

/** Vonage's own package: its application JWT claim by claim beside ours, and its check of a webhook. */
async function judgeVonage(): Promise<void> {
  const { privateKey } = pairFor('RS256')
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const applicationId = '57246542-96fe-1a63-e053-0824d011072a'
  const signatureSecret = 's'.repeat(32)
  const key = await importKey({ secret: Buffer.from(signatureSecret) }, 'HS256')
  const payload = new TextEncoder().encode(JSON.stringify({ iss: 'Vonage', iat: now, jti: 'a' }))
  const webhook = await signCompact(payload, { typ: 'JWT' }, key)
  const input = { vonage: { applicationId, privatePem, signatureSecret, webhook } }
  const run = pypi('vonage', 'vonage-jwt==1.1.5')
  const theirs = attempt(
    'vonage-jwt',
    false,
    () =>
      JSON.parse(run(JSON.stringify(input))) as Record<'token' | 'version', string> &
        Record<'good' | 'other', boolean>,
  )
  if (theirs === undefined) return
  const ours = await vonage({ applicationId, privateKey: privatePem }).getToken()
  const same = isDeepStrictEqual(shape(theirs.token), shape(ours.value))
  const checks = theirs.good && !theirs.other
  const verdict = same && checks ? 'ok  ' : fail('vonage-jwt')
  console.log(
    `${verdict} vonage-jwt ${theirs.version}: the same claims; its webhook check takes the right secret alone`,
  )
  if (!same) console.log(JSON.stringify([shape(theirs.token), shape(ours.value)]))
}

function attempt<Value>(name: string, isNeeded: boolean, work: () => Value): Value | undefined {
  try {
    return work()
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 600) : String(error)
    if (isNeeded && isCi) fail(`${name}: ${reason}`)
    console.log(`skip ${name}: this machine does not have it (${reason.split('\n')[0]})`)
    return undefined
  }
}

function fail(reason: string): string {
  console.log(`FAIL ${reason}`)
  process.exitCode = 1
  return 'FAIL'
}

function printTable(): void {
  if (heads.length === 0) throw new Error('There is no judge on this machine.')
  console.log(`| algorithm | ${heads.join(' | ')} |`)
  console.log(`| --------- | ${heads.map((head) => '-'.repeat(head.length)).join(' | ')} |`)
  for (const [algorithm, cells] of rows) console.log(`| ${algorithm} | ${cells.join(' | ')} |`)
}
