import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOAuthSandbox } from '@mayfly/sandboxes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = join(import.meta.dirname, '../src/main.ts')
const NODE = [process.execPath, '--conditions=source', MAIN]
const SECRET = randomBytes(32).toString('hex')
const ZOOM =
  'token zoom-video-sdk --sdk-key KEY --topic cars --role host --secret-env SECRET'.split(' ')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-process-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, SECRET, ...env }
}

/** Runs `mayfly` as a process, without a shell. */
async function mayfly(
  args: readonly string[],
  { env, stdin = '' }: { env?: Readonly<Record<string, string>>; stdin?: string } = {},
): Promise<Ended> {
  const [command = '', ...before] = NODE
  const child = spawn(command, [...before, ...args], { env: environment(env), cwd: folder })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => void stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void stderr.push(text))
  child.stdin.end(stdin)
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** Runs a line of bash in which `mayfly` is the program. */
function bash(line: string, env: Readonly<Record<string, string>> = {}): Ended {
  const program = `mayfly() { ${NODE.map((word) => `'${word}'`).join(' ')} "$@"; }; ${line}`
  const options = { encoding: 'utf8', env: environment(env), cwd: folder } as const
  return spawnSync('bash', ['--norc', '-c', program], options)
}

describe('mayfly as a process', () => {
  it('ends with 0, the token on standard output and nothing on standard error', async () => {
    const { status, stdout, stderr } = await mayfly(ZOOM)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^eyJ\S+\n$/)
  })

  it('ends with 2 for a wrong command line, and prints nothing on standard output', async () => {
    const { status, stdout, stderr } = await mayfly([...ZOOM, '--rôle'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /)
  })

  it('ends with 2 and its help where there is no command', async () => {
    const { status, stdout, stderr } = await mayfly([])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: mayfly /)
  })

  it('ends with 3 where a key is not there', async () => {
    const { status, stderr } = await mayfly(
      'token apns --team-id T --key-id K --key nowhere.p8'.split(' '),
    )
    expect(status).toBe(3)
    expect(stderr).toBe('error: the .p8 key ("nowhere.p8"): there is no such file.\n')
  })

  it('reads a secret from a pipe', async () => {
    const argv = ZOOM.map((word) => (word === '--secret-env' ? '--secret-file' : word))
    const { status } = await mayfly(
      argv.map((word) => (word === 'SECRET' ? '-' : word)),
      { stdin: `${SECRET}\n` },
    )
    expect(status).toBe(0)
  })

  it('is quiet when nobody reads to the end', () => {
    const { status, stderr } = bash('mayfly completion bash | head -1; echo "${PIPESTATUS[0]}" >&2')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '0\n' })
  })

  it('prints everything into a slow pipe', () => {
    const { stdout } = bash('mayfly completion zsh | { sleep 0.2; tail -1; }')
    expect(stdout).toBe('compdef _mayfly mayfly\n')
  })

  it('keeps a cached token for the next process, several at once included', async () => {
    await using sandbox = await startOAuthSandbox()
    const { clientId, clientSecret } = sandbox.credentials
    const argv = [
      ...'token client-credentials --secret-env SECRET --cache --token-endpoint'.split(' '),
      `${sandbox.origin}/token`,
      '--client-id',
      clientId,
    ]
    const env = { SECRET: clientSecret, XDG_CACHE_HOME: folder }
    const ended = await Promise.all([1, 2, 3].map(async () => mayfly(argv, { env })))
    expect(ended.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      ended.map(() => ({ status: 0, stderr: '' })),
    )
    const tokens = ended.map(({ stdout }) => stdout)
    expect(tokens).toContain((await mayfly(argv, { env })).stdout)
    expect(readdirSync(join(folder, 'mayfly'))).toHaveLength(1)
  })

  it('prints the token and says why where the cache cannot be written', async () => {
    const file = join(folder, 'in-the-way')
    writeFileSync(file, '')
    const { status, stdout, stderr } = await mayfly([...ZOOM, '--cache'], {
      env: { XDG_CACHE_HOME: file },
    })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^eyJ\S+\n$/)
    expect(stderr).toMatch(/^note: the cache in .* was not used: ENOTDIR\n$/)
  })
})

const SCRIPT = '/usr/bin/script'

describe.runIf(existsSync(SCRIPT))('mayfly in a terminal', () => {
  /** Runs a line of bash in a terminal of its own: both outputs go to it, and standard input comes from it. */
  async function inTerminal(
    line: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const file = join(folder, 'line.sh')
    const program = NODE.map((word) => `'${word}'`).join(' ')
    writeFileSync(file, `mayfly() { ${program} "$@"; }\nstty cols 70\n${line}\n`)
    const child = spawn(SCRIPT, ['-qec', `bash --norc ${file}`, '/dev/null'], {
      env: environment({ TERM: 'xterm', ...env }),
      cwd: folder,
    })
    const printed: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => void printed.push(text))
    // It is not ended: script would wait for a while then.
    child.stdin.write('typed by hand\n\u0004')
    await new Promise((resolve) => child.stdout.on('end', resolve))
    child.stdin.destroy()
    return printed.join('').replaceAll('\r\n', '\n')
  }

  it('prints in colours on the terminal, and in none into a file', async () => {
    const line = 'mayfly token --help; mayfly tokn; mayfly token --help > help.txt'
    const printed = await inTerminal(line)
    expect(printed).toContain('\u001B[1mUsage:')
    expect(printed).toContain('\u001B[31m\u001B[1merror:')
    expect(readFileSync(join(folder, 'help.txt'), 'utf8')).not.toContain('\u001B')
  })

  it('prints in none with NO_COLOR, and keeps its help within the terminal', async () => {
    const printed = await inTerminal('mayfly token zoom-video-sdk --help', { NO_COLOR: '1' })
    expect(printed).not.toContain('\u001B')
    const lines = printed.split('\n').filter((line) => !line.includes('mayfly token zoom'))
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(70)
    expect(lines.length).toBeGreaterThan(20)
  })

  it('asks nothing: what is missing is an error at once', async () => {
    const printed = await inTerminal('mayfly token zoom-video-sdk < /dev/tty', { NO_COLOR: '1' })
    expect(printed).toContain('error: zoom-video-sdk needs more options: --sdk-key <key>, ')
  })

  it('says that it waits for the terminal where "-" is one', async () => {
    const printed = await inTerminal('mayfly token apns --team-id T --key-id K --key -', {
      NO_COLOR: '1',
    })
    expect(printed).toContain('note: reading the .p8 key from this terminal; end it with Ctrl-D')
  })
})
