import { sign } from 'node:crypto'
import { b64, forge, type Forgery, signingInput, signParts } from './setup.ts'
import type { AttackTopic } from './topics.ts'

type Row = readonly [name: string, reason: Forgery['reason'], header: object | string]

const CRIT: AttackTopic = 'unknown crit, empty crit, missing member'
const TWICE: AttackTopic = 'duplicate JSON members'
const SHAPE: AttackTopic = 'a header that is no plain JSON object'
const NESTED: AttackTopic = 'fifty thousand opening brackets'
const NO_ALGORITHM: AttackTopic = 'alg none, None, nOnE'
const PBES2: AttackTopic = 'PBES2 with a costly p2c'
const KEY_ID: AttackTopic = 'kid as path, SQL, __proto__, number, megabyte'

const GOOD = { alg: 'ES256', kid: 'ec' }

/** All of these are signed with the victim's own key: the header alone must be what refuses them. */
const ROWS: readonly (readonly [topic: AttackTopic, rows: readonly Row[]])[] = [
  [
    CRIT,
    [
      ['an unknown critical extension', 'token_malformed', { ...GOOD, crit: ['x'], x: 1 }],
      ['an empty "crit"', 'token_malformed', { ...GOOD, crit: [] }],
      ['a "crit" whose member is missing', 'token_malformed', { ...GOOD, crit: ['x'] }],
      ['a "crit" that is null', 'token_malformed', { ...GOOD, crit: null }],
      ['a "crit" that names a standard member', 'token_malformed', { ...GOOD, crit: ['alg'] }],
      ['a critical b64 of true', 'token_malformed', { ...GOOD, crit: ['b64'], b64: true }],
      ['a critical b64 of false', 'token_malformed', { ...GOOD, crit: ['b64'], b64: false }],
      ['b64 of false', 'token_malformed', { ...GOOD, b64: false }],
    ],
  ],
  [
    TWICE,
    [
      [
        '"alg" twice, the good one last',
        'token_malformed',
        '{"alg":"none","alg":"ES256","kid":"ec"}',
      ],
      [
        '"alg" twice, once escaped',
        'token_malformed',
        '{"alg":"ES256","kid":"ec","\\u0061lg":"ES256"}',
      ],
      ['a nested member twice', 'token_malformed', '{"alg":"ES256","kid":"ec","x":{"a":1,"a":2}}'],
    ],
  ],
  [
    SHAPE,
    [
      ['a byte order mark', 'token_malformed', `\uFEFF${JSON.stringify(GOOD)}`],
      ['text after the object', 'token_malformed', `${JSON.stringify(GOOD)}x`],
      ['an array', 'token_malformed', '[{"alg":"ES256"}]'],
      ['a string', 'token_malformed', '"ES256"'],
      ['null', 'token_malformed', 'null'],
      ['nothing', 'token_malformed', ''],
    ],
  ],
  [
    NESTED,
    [
      ['six thousand opening brackets', 'token_malformed', '['.repeat(6000)],
      [
        'objects nested forty deep',
        'token_malformed',
        `{"alg":"ES256","x":${'{"x":'.repeat(40)}1${'}'.repeat(41)}`,
      ],
    ],
  ],
  [
    NO_ALGORITHM,
    [
      ['no "alg"', 'algorithm_not_allowed', { kid: 'ec' }],
      ['a list of algorithms', 'algorithm_not_allowed', { ...GOOD, alg: ['ES256'] }],
      ['an algorithm that is null', 'algorithm_not_allowed', { ...GOOD, alg: null }],
      ['an algorithm in lower case', 'algorithm_not_allowed', { ...GOOD, alg: 'es256' }],
      ['an algorithm with a NUL', 'algorithm_not_allowed', { ...GOOD, alg: 'ES256\0' }],
      [
        'an algorithm out of the object prototype',
        'algorithm_not_allowed',
        { ...GOOD, alg: '__proto__' },
      ],
    ],
  ],
  [
    PBES2,
    [
      [
        'PBES2 with a costly count',
        'algorithm_not_allowed',
        { alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31, p2s: 'AAAA' },
      ],
    ],
  ],
  [
    KEY_ID,
    [
      ['a key id that is a path', 'key_unknown', { ...GOOD, kid: '../../../../dev/null' }],
      ['a key id that is SQL', 'key_unknown', { ...GOOD, kid: "' UNION SELECT 'secret" }],
      ['a key id of __proto__', 'key_unknown', { ...GOOD, kid: '__proto__' }],
      ['a key id of constructor', 'key_unknown', { ...GOOD, kid: 'constructor' }],
      ['an empty key id', 'key_unknown', { ...GOOD, kid: '' }],
      ['a key id that is a number', 'token_malformed', { ...GOOD, kid: 1 }],
      ['a key id that is null', 'token_malformed', { ...GOOD, kid: null }],
      ['a key id that is a list', 'token_malformed', { ...GOOD, kid: ['ec'] }],
      ['a key id of 1025 characters', 'token_malformed', { ...GOOD, kid: 'k'.repeat(1025) }],
      ['a key id of a megabyte', 'token_malformed', { ...GOOD, kid: 'k'.repeat(1_000_000) }],
    ],
  ],
]

/** Headers that no good token has. */
export const headerAttacks: readonly Forgery[] = [
  ...ROWS.flatMap(([topic, rows]) =>
    rows.map(
      ([name, reason, header]): Forgery => ({
        topic,
        name: `a header with ${name}`,
        reason,
        token: (setup) => forge(header, setup.claims, { key: setup.ec.privateKey }),
      }),
    ),
  ),
  {
    topic: SHAPE,
    name: 'a header that is not UTF-8',
    reason: 'token_malformed',
    token: ({ claims, ec }) => {
      const header = Buffer.from('{"alg":"ES256","kid":"ec","x":"\xC3("}', 'latin1')
      return signParts(b64(header), b64(JSON.stringify(claims)), ec)
    },
  },
  {
    topic: 'ECDSA r = s = 0, out of range, DER instead of P1363',
    name: 'ECDSA in DER instead of two numbers side by side',
    reason: 'token_malformed',
    token: ({ claims, ec }) => {
      const input = signingInput(GOOD, claims)
      const key = { key: ec.privateKey, dsaEncoding: 'der' } as const
      return `${input}.${b64(sign('sha256', Buffer.from(input), key))}`
    },
  },
]
