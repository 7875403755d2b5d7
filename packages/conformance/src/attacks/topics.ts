/** The kinds of attack that a token alone can carry. Each has at least one in the list. */
export const ATTACK_TOPICS = [
  'alg none, None, nOnE',
  'HMAC with the PEM, DER, PKCS #1 or JWK of the public key',
  'the public key of one key id and the secret of another, algorithms crossed',
  'ES256 with a P-384 key, RS256 with a 1024-bit key',
  'a foreign key under a known key id',
  'unknown crit, empty crit, missing member',
  'embedded jwk, jku, x5u, x5c',
  'ECDSA r = s = 0, out of range, DER instead of P1363',
  'JWE given to the verifier',
  'JSON serialisation with dots inside',
  'a megabyte of dots, and other numbers of parts',
  'fifty thousand opening brackets',
  'duplicate JSON members',
  'a header that is no plain JSON object',
  'last character changed, =, ==, newline, +/ alphabet',
  'claims that were not signed',
  'kid as path, SQL, __proto__, number, megabyte',
  'PBES2 with a costly p2c',
  'exp, nbf or iat 0, empty, null, string, milliseconds',
  'iss as array, prefix, infix, empty',
  'aud missing, number, nested',
  'payload [], "x", 1, null',
  'members of the prototype',
  'typ of another kind',
] as const

/** One of {@link ATTACK_TOPICS}. */
export type AttackTopic = (typeof ATTACK_TOPICS)[number]
