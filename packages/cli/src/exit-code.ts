/** What the process ends with. Scripts go by the numbers, which docs/cli.md lists. */
export const ExitCode: {
  /** It was done, or the answer is yes. */
  readonly ok: 0
  /** The answer is no: the token is not valid, the vendor refused, the server answered 400 or more. */
  readonly refused: 1
  /** The command line is wrong: nothing was tried. */
  readonly usage: 2
  /** It could not be found out: a file or a key cannot be read, a server cannot be reached. */
  readonly unavailable: 3
  /** A fault of mayfly itself (`EX_SOFTWARE` of sysexits). */
  readonly internal: 70
} = Object.freeze({ ok: 0, refused: 1, usage: 2, unavailable: 3, internal: 70 })

/** One of the values of {@link ExitCode}. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
