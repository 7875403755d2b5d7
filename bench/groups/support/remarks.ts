/** For whoever works in place, where Mayfly leaves the thread to others. */
export const SYNCHRONOUS = 'synchronous: it makes no promise, and nothing else runs meanwhile.'

/** For verifiers that start anew with every token. */
export const NO_CACHE = 'has no cache: it checks the signature every time.'
