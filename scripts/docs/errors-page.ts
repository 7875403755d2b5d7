import { CODES, REASONS } from './error-texts.ts'

/** Writes the page of all codes and reasons. `docs/errors.md` is what this gives. */
export function errorsPage(): string {
  const reasonsOf = (code: string): string[] =>
    Object.entries(REASONS).flatMap(([reason, [of]]) => (of === code ? [reason] : []))
  const codes = Object.entries(CODES).flatMap(([code, { title, cause, fix, example }]) => {
    const reasons = reasonsOf(code).map(
      (reason) => `[\`${reason}\`](#${reason.replaceAll('_', '-')})`,
    )
    return [
      `### ${code}`,
      `**${title}.** ${cause}`,
      `**Fix:** ${fix}`,
      ...(reasons.length === 0 ? [] : [`Reasons: ${reasons.join(', ')}.`]),
      ...(example.startsWith('throw ') ? [] : [`\`\`\`js\n${example}\n\`\`\``]),
    ]
  })
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
