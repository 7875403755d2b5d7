import type { AddCommand, CliContext } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { readPaste } from '../inspect/paste.ts'
import { readToken } from '../inspect/read-token.ts'
import { tokenText } from '../inspect/token-text.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { visibleJson } from '../text/visible.ts'
import { UsageError } from '../usage-error.ts'
import { addVerifyOptions, type VerifyFlags } from './flags.ts'
import { clockOf, type Judgement, judgeToken } from './judge.ts'
import { findKeys } from './keys.ts'
import { printJudgement } from './print.ts'

const EXIT = {
  good: ExitCode.ok,
  refused: ExitCode.refused,
  unknown: ExitCode.unavailable,
} as const

/** Adds `mayfly verify`. */
export const addVerify: AddCommand = (program, context) => {
  const command = program
    .command('verify')
    .summary('verify a token: signature, time, issuer, audience, origin')
    .description(
      'Verifies a token. Exit code 0: it is good; 1: it is refused; 2: wrong command line; 3: it could not be judged, as the keys are out of reach.',
    )
    .argument('[token]', 'the token; left out or "-": standard input')
  addVerifyOptions(command)
  command.action(
    context.action<VerifyFlags>(async ({ args: [token], options, command: own }) => {
      try {
        return await verify(token, options, context)
      } catch (error) {
        throw error instanceof UsageError
          ? new UsageError(error.message, {
              ...(error.hint !== undefined && { hint: error.hint }),
              command: own,
            })
          : error
      }
    }),
  )
  addExamples(command, [
    [
      'by the keys that an issuer publishes',
      'mayfly verify - --issuer https://login.example.com --aud https://api.example.com < token.txt',
    ],
    [
      'by a public key',
      'mayfly verify TOKEN --key public.pem --alg ES256 --iss https://auth.example.com',
    ],
    ['was it good last Friday?', 'mayfly verify TOKEN --jwks jwks.json --at 2026-11-20T18:00:00Z'],
  ])
}

async function verify(
  argument: string | undefined,
  flags: VerifyFlags,
  context: CliContext,
): Promise<ExitCode> {
  if (flags.originClaim !== undefined && flags.origin === undefined) {
    throw new UsageError('--origin-claim goes with --origin.')
  }
  const { key, secretFile } = flags
  if ([key, secretFile].includes('-') && (argument ?? '-') === '-') {
    throw new UsageError('The token and the key cannot both come from standard input.')
  }
  const now = clockOf(flags.at, context.io.clock).now() / 1000
  const found = await findKeys(flags, context)
  const { token, notes } = readPaste(await tokenText(argument, context))
  const judgement = await judgeToken(token, found, { flags, context })
  const read = readToken(token)
  await context.print(
    flags.json === true
      ? visibleJson(jsonOf(judgement, notes))
      : printJudgement(judgement, { read, notes, now }, context),
  )
  return EXIT[judgement.verdict]
}

function jsonOf({ token, ...judgement }: Judgement, notes: readonly string[]): object {
  return {
    ...judgement,
    notes,
    ...(token !== undefined && { header: token.protectedHeader, payload: token.claims }),
  }
}
