import { type CodeText, CODES, REASONS } from './error-texts.ts'

function codeLines(code: string, { title, cause, fix, example }: CodeText): string[] {
  const reasons = Object.entries(REASONS)
    .filter(([, [of]]) => of === code)
    .map(([reason]) => `[\`${reason}\`](#${reason.replaceAll('_', '-')})`)
  return [
    `### ${code}`,
    `**${title}.** ${cause}`,
    `**Fix:** ${fix}`,
    reasons.length === 0 ? '' : `Reasons: ${reasons.join(', ')}.`,
    example.startsWith('throw ') ? '' : `\`\`\`text\n${example}\n\`\`\``,
  ].filter((line) => line !== '')
}

/** Writes the page of all codes and reasons. `docs/errors.md` is what this gives. */
export function errorsPage(): string {
  const codes = Object.entries(CODES).flatMap(([code, text]) => codeLines(code, text))
  const reasons = Object.entries(REASONS).flatMap(([reason, [code, cause]]) => [
    `### ${reason.replaceAll('_', '-')}`,
    `\`"reason": "${reason}"\`. ${cause}`,
    `${CODES[code].fix} See [${code}](#${code.toLowerCase().replaceAll('_', '-')}).`,
  ])
  return `${[
    '# Errors and reasons',
    '<!-- Made by `pnpm docs:errors` from scripts/docs/error-texts.ts. -->',
    "Every error of Mayfly's has a stable `code`. Match on it, never on the message. A mistake in the calling code is an `OptionError` (a `TypeError`), key material that cannot be used a `KeyError`, a token that could not be had a `SourceError`, and a request that cannot be accepted a `RequestError`, whose `reason` also stands in the answer's body (`application/problem+json`), in events and in metrics. `isMayflyError(error)` knows them all, and no message holds a token, a secret or a key.",
    '## Codes',
    ...codes,
    '## Reasons',
    'What a client of your API sees in the body of a refusal.',
    ...reasons,
  ].join('\n\n')}\n`
}
