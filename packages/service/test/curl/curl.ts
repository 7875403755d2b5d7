import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Tells whether there is a curl to test with; in CI there has to be one. */
export function hasCurl(): boolean {
  if (process.env['CI'] === 'true') return true
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs curl with these arguments as a shell would, and gives what it prints. */
export async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--max-time', '10', ...args])
  return stdout
}

/** The same, with the status on a line of its own at the end. */
export async function curlStatus(...args: readonly string[]): Promise<[number, string]> {
  const printed = await curl('--write-out', '\n%{http_code}', ...args)
  const end = printed.lastIndexOf('\n')
  return [Number(printed.slice(end + 1)), printed.slice(0, end)]
}
