import { TOKEN_KINDS } from '../../ledger/ledger.ts'
import type { Schema } from './types.ts'

/** How many characters a transaction's id may have. */
const MAX_XID = 36
/** What a transaction's id is made of. */
export const XID_PATTERN: string = `^[A-Za-z0-9._~-]{1,${MAX_XID}}$`
/** E.164: 7 to 15 digits that begin with the country code. */
export const PHONE_PATTERN = '^[1-9][0-9]{6,14}$'
/** Three parts of base64url. */
const TOKEN_PATTERN = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$'

const seconds = (description: string): Schema => ({ type: 'integer', minimum: 0, description })
const text = (description: string): Schema => ({ type: 'string', description })
const texts = (description: string): Schema => ({
  type: 'array',
  items: { type: 'string' },
  description,
})
const closed = (required: readonly string[], properties: Record<string, Schema>): Schema => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

/** A compact JWT in a body of its own. */
export const token: Schema = {
  type: 'string',
  pattern: TOKEN_PATTERN,
  description: 'A compact JWT, and nothing else: no quotes, no line end.',
}

const problemMembers: Record<string, Schema> = {
  type: { type: 'string', format: 'uri-reference' },
  title: text('The phrase of the status.'),
  status: { type: 'integer', minimum: 400, maximum: 599 },
  detail: text('What is wrong, and what to do about it. It never repeats a token.'),
  code: { type: 'string', pattern: '^ERR_[A-Z_]+$', description: 'Stable: match on this.' },
  reason: text('Why a bearer token was refused, as one of few words.'),
  parameter: text('The parameter or member that is at fault.'),
  claim: text('The claim that is at fault.'),
}
const problemRequired = ['type', 'title', 'status', 'detail', 'code'] as const

/** The schemas of the document, by name. */
export const schemas: Readonly<Record<string, Schema>> = {
  Problem: {
    ...closed(problemRequired, problemMembers),
    description: 'Problem details (RFC 9457).',
  },
  OAuthProblem: {
    ...closed([...problemRequired, 'error', 'error_description'], {
      ...problemMembers,
      error: { enum: ['invalid_request', 'unauthorized_client'] },
      error_description: text('The same as `detail`.'),
    }),
    description: 'An error of RFC 6749 section 5.2, with the members of problem details besides.',
  },
  TokenRequest: closed(['audience', 'expiresIn'], {
    audience: {
      description: 'Whom the token is for: one name or several.',
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 2048 },
        {
          type: 'array',
          minItems: 1,
          maxItems: 20,
          items: { type: 'string', minLength: 1, maxLength: 2048 },
        },
      ],
    },
    origins: {
      type: 'array',
      maxItems: 20,
      items: { type: 'string', minLength: 1, maxLength: 320 },
      description: 'The web origins that it may be used from. They go into `aud` too.',
    },
    expiresIn: { type: 'integer', minimum: 1, description: 'Seconds that the token lives.' },
    subject: { type: 'string', minLength: 1, maxLength: 2048 },
    claims: {
      type: 'object',
      description: 'Further claims. None of iss, sub, aud, exp, nbf, iat, jti and gen.',
    },
  }),
  IssuedToken: closed(['token', 'tokenId', 'issuedAt', 'expiresAt'], {
    token,
    tokenId: text('The `jti`.'),
    issuedAt: seconds('Seconds since 1970.'),
    expiresAt: seconds('Seconds since 1970: from when it is refused.'),
  }),
  TokenRecord: closed(['tokenId', 'kind', 'audience', 'issuedAt', 'expiresAt', 'state'], {
    tokenId: text('The `jti`; an id of the ledger’s own for tokens of Telesign, which have none.'),
    kind: {
      enum: TOKEN_KINDS,
      description: 'The contract that issued it. The ids of each are a space of their own.',
    },
    clientId: text(
      'Whose console token asked for it. Absent where nobody had to say who they are.',
    ),
    subject: text('The `sub`.'),
    audience: texts('The `aud`, as a list.'),
    xid: text('The transaction of Telesign.'),
    phone: text('The number, as digits.'),
    scope: text('The `scope`.'),
    issuedAt: seconds('Seconds since 1970.'),
    expiresAt: seconds('Seconds since 1970.'),
    revokedAt: seconds('Seconds since 1970.'),
    state: {
      enum: ['active', 'expired', 'revoked', 'superseded'],
      description: 'Superseded: a console token that was regenerated since.',
    },
    token: {
      ...token,
      description: 'Only with `include=token`, where tokens are stored and can be decrypted.',
    },
  }),
  TokenPage: closed(['tokens'], {
    tokens: { type: 'array', items: { $ref: '#/components/schemas/TokenRecord' } },
    next: text('Give it as `after` for the page that follows. Absent on the last page.'),
  }),
  Introspection: {
    description: 'RFC 7662 section 2.2. What is not active says nothing else.',
    oneOf: [
      closed(['active'], { active: { const: false } }),
      closed(['active', 'token_type', 'iss', 'exp', 'iat', 'jti'], {
        active: { const: true },
        token_type: { const: 'Bearer' },
        client_id: text('Whose console token asked for it.'),
        iss: text('Who issued it.'),
        sub: text('Whom it speaks of.'),
        aud: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        exp: seconds('Seconds since 1970.'),
        iat: seconds('Seconds since 1970.'),
        jti: text('Its id; the `xid` of a token for Telesign.'),
        scope: text('What it may be used for.'),
      }),
    ],
  },
  ServerMetadata: closed(['issuer', 'jwks_uri', 'response_types_supported'], {
    issuer: { type: 'string', format: 'uri' },
    jwks_uri: { type: 'string', format: 'uri' },
    introspection_endpoint: { type: 'string', format: 'uri' },
    introspection_endpoint_auth_methods_supported: texts('How to say who asks.'),
    revocation_endpoint: { type: 'string', format: 'uri' },
    revocation_endpoint_auth_methods_supported: texts('How to say who asks.'),
    response_types_supported: { type: 'array', maxItems: 0 },
    grant_types_supported: { type: 'array', maxItems: 0 },
    scopes_supported: texts('What a console token may be good for.'),
    service_documentation: { type: 'string', format: 'uri' },
  }),
  JwkSet: closed(['keys'], {
    keys: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kty', 'kid', 'alg'],
        properties: { kty: { enum: ['EC', 'RSA', 'OKP'] } },
        // The private members of RFC 7518 section 6; `k` is the whole of a secret.
        not: {
          anyOf: ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((name) => ({
            required: [name],
          })),
        },
      },
    },
  }),
  KeyList: closed(['keys'], {
    keys: {
      type: 'array',
      items: closed(['keyId', 'algorithm', 'state', 'activeFrom', 'neededUntil', 'createdAt'], {
        keyId: text('The `kid`.'),
        algorithm: text('The `alg`.'),
        state: {
          enum: ['next', 'active', 'old'],
          description: 'Published and not used yet; the one that signs; kept for its last tokens.',
        },
        activeFrom: seconds('Seconds since 1970: from when it signs.'),
        neededUntil: seconds('Seconds since 1970: until when it stays published.'),
        createdAt: seconds('Seconds since 1970.'),
      }),
    },
  }),
  Rotation: closed([], {
    now: {
      type: 'boolean',
      description:
        'Sign with the new key at once, though caches do not know it yet. For a key that has leaked.',
    },
  }),
  RotatedKey: closed(['keyId', 'algorithm', 'activeFrom'], {
    keyId: text('The `kid` of the new key.'),
    algorithm: text('The `alg`.'),
    activeFrom: seconds('Seconds since 1970: from when it signs.'),
  }),
  Health: closed(['status'], {
    status: { enum: ['ok', 'unavailable', 'draining'] },
    checks: { type: 'object', additionalProperties: { enum: ['ok', 'failed', 'timeout'] } },
  }),
}
