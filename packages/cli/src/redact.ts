/** What looks like a JWT, or is a key in PEM. */
const TOKENS = /\beyJ[\w-]+\.[\w-]*(?:\.[\w-]*){0,3}/g
const KEYS = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g
/** What would let a message move the cursor or colour the terminal: all controls but the line end. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g

/**
 * Takes tokens, keys and control characters out of a text that goes to a terminal. A last line of
 * defence: no message should have any.
 */
export function redact(text: string): string {
  return text.replace(KEYS, '[key]').replace(TOKENS, '[token]').replace(CONTROLS, ' ')
}
