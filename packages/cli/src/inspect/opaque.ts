/** Tokens that are no JWTs, by how they begin, as their vendors document it. */
const KINDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^ghs_/, 'an installation token of a GitHub App (opaque; about an hour)'],
  [/^ghu_/, 'a user token of a GitHub App (opaque)'],
  [/^gh[por]_|^github_pat_/, 'a GitHub token of a user (opaque)'],
  [/^ya29\./, 'a Google access token (opaque; about an hour)'],
  [/^AIza/, 'a Google API key, which is no token'],
  [/^xox[a-z]-/, 'a Slack token (opaque)'],
  [/^(?:SK|AC)[0-9a-f]{32}$/, 'a Twilio SID, which is no token'],
  [/^-----BEGIN/, 'a key in PEM, which is no token. Keep it to yourself'],
  [/^(?:https?:)?\/\//, 'an address, which is no token'],
]

/** Says what an opaque token seems to be. */
export function opaqueKind(token: string): string | undefined {
  return KINDS.find(([pattern]) => pattern.test(token))?.[1]
}
