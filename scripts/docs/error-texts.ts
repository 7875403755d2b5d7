import type { ErrorCode, Reason } from '@mayfly/core'

/** What the page of errors says of one code or reason. */
export interface ErrorText {
  /** What happened, in a few words. */
  readonly title: string
  readonly cause: string
  readonly fix: string
}

/** A code besides has an example that throws it; a test runs each. */
export interface CodeText extends ErrorText {
  readonly example: string
}

const KEY = 'const { privateKey } = await pair()\n'

/** One entry for each code. What the compiler misses here is a code that nobody has explained. */
export const CODES = {
  ERR_OPTION_REQUIRED: {
    title: 'An option is missing',
    cause: 'Something was created without an option that it cannot do without. `option` names it.',
    fix: 'Pass the option. A security check is left out by writing `null`, never by leaving it out.',
    example: `new TokenVerifier({ audience: 'orders', keys: [] })`,
  },
  ERR_OPTION_UNKNOWN: {
    title: 'There is no such option',
    cause:
      'An options object has a name that is not known: often a typo, or an option of another library.',
    fix: 'The message names the nearest option that exists. TypeScript reports these before the program runs.',
    example: `new TokenManager(source, { refreshMargins: 60 })`,
  },
  ERR_OPTION_INVALID: {
    title: "An option's value can't be used",
    cause:
      'The value has the wrong type, is out of bounds, is in milliseconds where seconds are meant, or holds characters that were copied along (a line end, quotes).',
    fix: 'The message names the option, its bounds, and what it got. Values that may be secret are described and never repeated.',
    example: `new TokenManager(source, { refreshMargin: -1 })`,
  },
  ERR_ORIGIN_PATTERN: {
    title: 'An origin pattern is unsound',
    cause:
      'A token or a configuration names an origin that no token should name: with a path, on a public suffix (`*.github.io`), or with a wildcard in the wrong place.',
    fix: 'Write what the message suggests. `allowSuffixes` admits wildcards on suffixes of your own.',
    example: `parseOriginPattern('https://*.co.uk')`,
  },
  ERR_KEY_FILE_NOT_FOUND: {
    title: "The key file isn't there",
    cause:
      'No file has this path. A relative path starts at the folder that the process was started in.',
    fix: 'Check the path, and that the file is mounted where the process runs.',
    example: `await readKeyFile('missing.p8', 'ES256')`,
  },
  ERR_KEY_FILE_PERMISSION: {
    title: "The key file can't be read",
    cause: 'The file is there, and the user that the process runs as may not read it.',
    fix: 'Give that user the right to read it, and nobody else: `chown app key.p8 && chmod 400 key.p8`.',
    example: `throw new KeyError('ERR_KEY_FILE_PERMISSION', 'as the system says')`,
  },
  ERR_KEY_FILE_UNREADABLE: {
    title: 'Reading the key file failed',
    cause:
      'The path names a folder, a device, or a file that is too large, or the disk fails. `cause` has the system error.',
    fix: 'Look at `cause`; check that the path names the key itself.',
    example: `await readKeyFile('.', 'ES256')`,
  },
  ERR_KEY_EMPTY: {
    title: 'The key is empty',
    cause:
      'The text or the file has nothing in it but white space: often an environment variable that is not set.',
    fix: 'Check that the variable or the file reaches the process.',
    example: `await importKey('', 'ES256')`,
  },
  ERR_KEY_LOST_NEWLINES: {
    title: 'The key has lost its line ends',
    cause: 'A tool folded the PEM into one line in a way that cannot be undone for certain.',
    fix: 'Store the PEM in base64, or with its line ends as the two characters `\\n`.',
    example: `throw new KeyError('ERR_KEY_LOST_NEWLINES', 'the lines ran into each other')`,
  },
  ERR_KEY_ENCRYPTED: {
    title: 'The key is encrypted',
    cause: 'The PEM is protected by a passphrase, and none was given, or another one.',
    fix: 'Pass `passphrase`, or decrypt the key: `openssl pkcs8 -topk8 -nocrypt -in key.pem -out plain.pem`.',
    example: `await importKey(encryptedPem(), 'ES256')`,
  },
  ERR_KEY_CERTIFICATE: {
    title: 'This is a certificate',
    cause: 'A certificate holds a public key; a private key is needed here.',
    fix: 'Use the private key that belongs to the certificate.',
    example: `throw new KeyError('ERR_KEY_CERTIFICATE', 'a certificate where a private key is needed')`,
  },
  ERR_KEY_FORMAT: {
    title: "This isn't a key that can be read",
    cause: 'The material is cut off, damaged, or of a format that is not known.',
    fix: 'The message says what it looks like. Ask the vendor for the key as PEM (PKCS#8).',
    example: `await importKey('not a key', 'ES256')`,
  },
  ERR_KEY_PUBLIC: {
    title: 'A public key where a private key is needed',
    cause: 'A public key cannot sign.',
    fix: 'Give the private key: the file that begins with `-----BEGIN PRIVATE KEY-----`.',
    example: `const { publicKey } = await pair()\nawait importKey(publicKey, 'ES256', { use: 'sign' })`,
  },
  ERR_KEY_PRIVATE: {
    title: 'A private key where a public key is needed',
    cause:
      'The private key cannot be exported, so that its public half is not known; or a private key stands where only public ones may.',
    fix: 'Give the public key, or the pair `{ privateKey, publicKey }`.',
    example: `const { privateKey } = await sealedPair()\nawait importKey(privateKey, 'ES256', { use: 'verify' })`,
  },
  ERR_KEY_TYPE: {
    title: 'The key is of another type',
    cause: 'An RSA key was given for ES256, a secret for RS256, and so on.',
    fix: 'Name the algorithm that the key is for, or use the key that the vendor gave you for this.',
    example: `${KEY}await importKey(privateKey, 'RS256')`,
  },
  ERR_KEY_CURVE: {
    title: 'The key is on another curve',
    cause: 'ES256 needs P-256, ES384 P-384, ES512 P-521.',
    fix: 'Name the algorithm of the curve, or make a key on the right one.',
    example: `${KEY}await importKey(privateKey, 'ES384')`,
  },
  ERR_KEY_TOO_SHORT: {
    title: 'The key is too short',
    cause:
      'An RSA key below 2048 bits, or a secret that is shorter than its hash (RFC 7518 section 3.2).',
    fix: "Make a longer one. For a vendor's short secret write `allowShortSecret: true`.",
    example: `await importKey({ secret: new Uint8Array(8) }, 'HS256')`,
  },
  ERR_KEY_EXPONENT: {
    title: "The key's public exponent is too small",
    cause: 'RSA keys with an exponent below 65537 are refused.',
    fix: 'Make a new key; every current tool uses 65537.',
    example: `throw new KeyError('ERR_KEY_EXPONENT', 'RSA with e = 3')`,
  },
  ERR_KEY_USE: {
    title: 'The key may not be used for this',
    cause:
      "The JWK's `use`, `key_ops` or `alg`, or the CryptoKey's `usages`, allow something else only.",
    fix: 'Use the key that is meant for signatures, or correct those members.',
    example: `await importKey({ kty: 'oct', k: 'A'.repeat(43), use: 'enc' }, 'HS256')`,
  },
  ERR_KEY_DUPLICATE: {
    title: 'Two keys have one id',
    cause: 'A set that was given in code holds two keys with the same `kid` and algorithm.',
    fix: 'Give each key an id of its own.',
    example: `const a = await generateKey('ES256', { keyId: 'one' })\nconst b = await generateKey('ES256', { keyId: 'one' })\nnew TokenVerifier({ issuer: null, audience: null, keys: [{ algorithm: 'ES256', key: a }, { algorithm: 'ES256', key: b }] })`,
  },
  ERR_KEY_SIGNER: {
    title: "An external signer's signature can't be used",
    cause:
      'The KMS or HSM gave a signature in another form (DER), of another length, or by another key than its public half.',
    fix: 'Convert DER with `ecdsaFromDer`, and give the public half of the same key.',
    example: `const key = { algorithm: 'ES256', sign: async () => new Uint8Array(3) }\nawait signCompact(new Uint8Array(2), { typ: 'JWT' }, key)`,
  },
  ERR_KEYS_TIMEOUT: {
    title: 'Fetching keys took too long',
    cause: "The issuer's server did not answer within `timeoutMs`.",
    fix: 'Check the network between here and the issuer; warm up at the start with `verifier.warmUp()`.',
    example: `await remote(() => new Promise(() => {}), { timeoutMs: 1 }).warmUp()`,
  },
  ERR_KEYS_FETCH: {
    title: 'Fetching keys failed',
    cause: 'The server could not be reached, or answered with an error or a redirect.',
    fix: 'Open the address in the message with curl from the same machine. Redirects of key sets are not followed.',
    example: `await remote(async () => new Response('', { status: 500 })).warmUp()`,
  },
  ERR_KEYS_FORMAT: {
    title: "What was fetched isn't a key set",
    cause: 'The answer is a page, is cut off, or is not JSON of the expected form.',
    fix: 'Check `jwksUri`: it is often confused with the issuer or its metadata.',
    example: `await remote(async () => Response.json(['no set'])).warmUp()`,
  },
  ERR_KEYS_ISSUER: {
    title: 'The metadata is of another issuer',
    cause:
      'The document names another `issuer` than the one that was asked for (RFC 8414 section 3.3).',
    fix: 'Write the issuer exactly as its metadata has it, slash at the end included.',
    example: `await discovered(async () => Response.json({ issuer: 'https://other.example' })).warmUp()`,
  },
  ERR_KEYS_NONE: {
    title: 'The key set has no usable key',
    cause: 'No key of the set fits the allowed algorithms, or all of them are for encryption.',
    fix: "Compare `algorithms` with the `alg` and `kty` of the issuer's keys.",
    example: `await remote(async () => Response.json({ keys: [] })).warmUp()`,
  },
  ERR_MINT_FAILED: {
    title: 'No token could be had',
    cause:
      'The token endpoint could not be reached, or failed (5xx, 429), or gave an answer that cannot be read; or the brake after such a failure is on.',
    fix: 'Another try can help; `retryAfterMs` says when. `cause` has the underlying error.',
    example: `await oauth(async () => new Response('', { status: 500 })).getToken()`,
  },
  ERR_MINT_REFUSED: {
    title: 'The server refuses to give a token',
    cause: 'The credentials, the scope or the client were refused. The message quotes the server.',
    fix: 'While `permanent` is true, no retry helps: correct what the server names.',
    example: `await oauth(async () => Response.json({ error: 'invalid_client' }, { status: 401 })).getToken()`,
  },
  ERR_MINT_TIMEOUT: {
    title: 'Getting a token took too long',
    cause: 'The source did not give a token within `timeoutMs`.',
    fix: 'Raise `timeoutMs` if the vendor is known to be slow; look at its status page otherwise.',
    example: `await new TokenManager({ ...source, getToken: () => new Promise(() => {}) }, { timeoutMs: 1 }).getToken()`,
  },
  ERR_TOKEN_UNUSABLE: {
    title: "The source's token can't be used",
    cause: 'It had ended when it came, or it is the very token that the server had refused.',
    fix: 'Check the clock of this machine, and what the source signs.',
    example: `await new TokenManager({ ...source, getToken: async () => createAccessToken({ value: 'old', issuedAt: 1, expiresAt: 2 }) }).getToken()`,
  },
  ERR_TOKEN_TOO_SHORT: {
    title: 'No token of this source lives that long',
    cause: '`minLifetime` asks for more than the source gives.',
    fix: 'Ask for less, or give the source a longer `lifetime` where the vendor allows it.',
    example: `await new TokenManager(source).getToken({ minLifetime: 86_400 })`,
  },
  ERR_TOKEN_STORE: {
    title: 'The store of a token that only one can have does not help',
    cause:
      'A new token would end the one that other processes use, and their `store` does not tell which that is: it does not answer, what it has is sealed with a key that this process does not have, or other processes have tried for as long as a mint may take, and got none.',
    fix: 'Look at the store, and give all processes the same sealing keys. A token in hand goes on serving; the next call asks the store again.',
    example: `const down = async () => { throw new Error('ECONNREFUSED') }
await new TokenManager({ ...source, revokesPrevious: true }, { timeoutMs: 20, store: { get: down, set: down, delete: down } }).getToken()`,
  },
  ERR_FOREIGN_ORIGIN: {
    title: 'The token is not for this origin',
    cause: 'A request was about to take a token to an origin that its source does not name.',
    fix: "Use another fetch there, or write `onForeignOrigin: 'pass'` to send it without a token.",
    example: `await bearerFetch(source)('https://elsewhere.example/')`,
  },
  ERR_REDIRECT: {
    title: 'A redirect cannot be followed safely',
    cause:
      'Too many redirects, one without a usable address, or a runtime that follows redirects only by itself.',
    fix: 'Call the final address, or follow the redirect in your own code.',
    example: `await bearerFetch(source, { fetch: async () => new Response(null, { status: 302, headers: { location: 'https://api.example.com/again' } }) })('https://api.example.com/')`,
  },
  ERR_CLOSED: {
    title: 'The manager is closed',
    cause: '`close()` was called, or its scope has ended (`await using`).',
    fix: 'Keep the manager for as long as requests are made.',
    example: `const manager = new TokenManager(source)\nmanager.close()\nawait manager.getToken()`,
  },
  ERR_REQUEST_INVALID: {
    title: 'The request is malformed',
    cause:
      'Two tokens, two `Authorization` headers, a scheme that is not known, or a header that cannot be read (400).',
    fix: 'Send one token, in one place.',
    example: `await guard({ authorization: ['Bearer a.b.c', 'Bearer d.e.f'] })`,
  },
  ERR_TOKEN_MISSING: {
    title: 'There is no token',
    cause: 'The request has no credentials where the guard looks for them (401).',
    fix: 'Send `Authorization: Bearer …`, or tell the guard of another place.',
    example: `await guard({})`,
  },
  ERR_TOKEN_MALFORMED: {
    title: "This isn't a JWT",
    cause:
      'It does not have three parts of canonical base64url, or its header or payload is not a JSON object, or it is too long (`maxTokenLength`).',
    fix: 'Check that the token was not cut off, decoded or quoted on its way.',
    example: `await verifier.verify('no.token')`,
  },
  ERR_TOKEN_ALGORITHM: {
    title: 'The algorithm is not allowed',
    cause: "The token's `alg` is not among the verifier's `algorithms`, or is `none`.",
    fix: 'If the issuer changed its algorithm on purpose, add it to `algorithms`.',
    example: `await verifier.verify(issuer.mint({ fault: 'unsigned' }))`,
  },
  ERR_TOKEN_KEY: {
    title: 'No key has this id',
    cause:
      "The token's `kid` is not among the issuer's keys: another issuer's token, or one of a key that was removed.",
    fix: 'Compare the `kid` with the published set. A key that was just rotated in is fetched within the budget.',
    example: `await verifier.verify(issuer.mint({ fault: 'unknown-key' }))`,
  },
  ERR_TOKEN_SIGNATURE: {
    title: 'The signature does not hold',
    cause: 'The token was changed, or signed with another key.',
    fix: 'Never edit a token. Check that issuer and verifier use the same key pair and environment.',
    example: `await verifier.verify(issuer.mint({ fault: 'tampered' }))`,
  },
  ERR_TOKEN_TYPE: {
    title: 'The token is of another type',
    cause:
      'Its `typ` is not the one that is asked for, or is that of a token with another purpose (an ID token, a logout token, a proof).',
    fix: 'Send the access token. Set `type` if the API takes one type only.',
    example: `await new TokenVerifier({ ...settings, type: 'at+jwt' }).verify(issuer.mint())`,
  },
  ERR_TOKEN_EXPIRED: {
    title: 'The token has expired',
    cause: '`exp` has passed, by more than `clockTolerance`.',
    fix: 'Get a new token; a `TokenManager` does so in time. If every token is refused, compare the clocks.',
    example: `await verifier.verify(issuer.mint({ fault: 'expired' }))`,
  },
  ERR_TOKEN_NOT_YET_VALID: {
    title: 'The token is not valid yet',
    cause: '`nbf` or `iat` lies in the future: the clocks of issuer and verifier differ.',
    fix: "Set the clocks (NTP), back-date `iat`, or raise the verifier's tolerance.",
    example: `await verifier.verify(issuer.mint({ fault: 'not-yet-valid' }))`,
  },
  ERR_TOKEN_TOO_OLD: {
    title: 'The token is too old',
    cause: 'It is older than `maxTokenAge`, whatever its `exp` says.',
    fix: 'Get a new token.',
    example: `clock.advanceSeconds(100)\nawait new TokenVerifier({ ...settings, maxTokenAge: 10 }).verify(old)`,
  },
  ERR_TOKEN_REPLAYED: {
    title: 'A one-time token was used before',
    cause: 'The verifier has `once`, and this `jti` was seen.',
    fix: 'Get a new token for each use.',
    example: `const once = new TokenVerifier({ ...settings, once: new MemoryOneTimeGuard({ clock }) })\nconst token = issuer.mint({ claims: { jti: 'one' } })\nawait once.verify(token)\nawait once.verify(token)`,
  },
  ERR_TOKEN_SUPERSEDED: {
    title: 'A newer generation ended this token',
    cause: '`generations.bump(subject)` was called after it was issued.',
    fix: 'Get a new token.',
    example: `const generations = new MemoryGenerations({ clock })\nconst guarded = new TokenVerifier({ ...settings, generations })\nconst token = issuer.mint({ claims: { sub: 'alice', gen: 0 } })\nawait generations.bump('alice')\nawait guarded.verify(token)`,
  },
  ERR_TOKEN_REVOKED: {
    title: 'The token was revoked',
    cause: 'Its `jti` is in the store of revocations.',
    fix: 'Get a new token, if you are still entitled to one.',
    example: `const revocations = new MemoryRevocations({ clock })\nawait revocations.revoke('one', 4e9)\nawait new TokenVerifier({ ...settings, revocations }).verify(issuer.mint({ claims: { jti: 'one' } }))`,
  },
  ERR_CLAIM_MISSING: {
    title: 'A claim is missing',
    cause:
      'A claim that is required (`exp`, or one of `requiredClaims`) is not there. `claim` names it.',
    fix: 'Have the issuer write it, or stop requiring it.',
    example: `await verifier.verify(issuer.mint({ fault: 'no-expiry' }))`,
  },
  ERR_CLAIM_INVALID: {
    title: 'A claim has the wrong type',
    cause: 'For example an `exp` as text, or an `aud` that is a number. `claim` names it.',
    fix: "Have the issuer write the claim as its standard has it; some options read issuers' habits.",
    example: `await verifier.verify(issuer.mint({ claims: { exp: 'tomorrow' } }))`,
  },
  ERR_CLAIMS_SCHEMA: {
    title: 'The payload does not fit the schema',
    cause:
      'The Standard Schema that the verifier was given refuses it. Paths are named, values are not.',
    fix: 'Compare schema and issuer.',
    example: `const schema = { '~standard': { version: 1, vendor: 'x', validate: () => ({ issues: [{ message: 'no' }] }) } }\nawait new TokenVerifier({ ...settings, schema }).verify(issuer.mint())`,
  },
  ERR_ISSUER: {
    title: 'The token is of another issuer',
    cause: '`iss` is not equal to the expected one, to the character.',
    fix: 'Compare both: a slash at the end counts.',
    example: `await verifier.verify(issuer.mint({ fault: 'other-issuer' }))`,
  },
  ERR_AUDIENCE: {
    title: 'The token is for another audience',
    cause: 'None of the values of `aud` is the expected one.',
    fix: 'Ask the issuer for a token for this API; many ask for it by `audience` or `resource`.',
    example: `await verifier.verify(issuer.mint({ fault: 'other-audience' }))`,
  },
  ERR_ORIGIN: {
    title: 'The token may not be used from this origin',
    cause:
      'The `Origin` of the request is not one that the token names, or is missing or malformed.',
    fix: 'Issue the token with the origin of the page that uses it.',
    example: `const bound = new TokenVerifier({ ...settings, audience: null, origin: originBinding({ claim: 'aud' }) })\nawait bound.verify(issuer.mint({ claims: { aud: ['https://app.example.com'] } }), { origin: 'https://evil.example' })`,
  },
  ERR_DPOP_PROOF: {
    title: 'The proof of the key is missing or wrong',
    cause:
      'A DPoP proof (RFC 9449) is missing, of another URL or method, too old, or was used before.',
    fix: "Make a proof for each request; behind a proxy, tell the verifier the API's outer `baseUrl`.",
    example: `const dpop = new DpopVerifier({ baseUrl: 'https://api.example.com', clock })\nawait authenticateWith({ authorization: ['DPoP ' + issuer.mint()] }, { dpop })`,
  },
  ERR_DPOP_NONCE: {
    title: 'The proof needs a newer nonce',
    cause: 'The server asks for a nonce of its own in proofs, and this one has none or an old one.',
    fix: 'Send again with the nonce of the `DPoP-Nonce` header. `bearerFetch` does so.',
    example: `throw new RequestError('ERR_DPOP_NONCE', 'use the nonce', { reason: 'proof_nonce' })`,
  },
  ERR_TOKEN_BINDING: {
    title: 'The token is bound to a key that was not proved',
    cause: 'The token has `cnf`, and the request shows no proof of that key, or of another one.',
    fix: 'Send the proof, or the certificate, of the key that the token was issued for.',
    example: `await verifier.verify(issuer.mint({ claims: { cnf: { jkt: 'A'.repeat(43) } } }))`,
  },
  ERR_SCOPE: {
    title: 'The token lacks a right',
    cause: 'The route needs a scope or a claim that the token does not have (403).',
    fix: 'Ask for a token with that scope.',
    example: `await scoped('orders:write', issuer.mint({ claims: { scope: 'orders:read' } }))`,
  },
  ERR_CLIENT: {
    title: 'The token was issued to another client',
    cause:
      "The token's client (`azp`, `client_id`, `cid`, `appid`, or `clientClaim`) is missing, or is not one of `clientIds`.",
    fix: 'Use the client that this API expects, or add its id to `clientIds`.',
    example: `await new TokenVerifier({ ...settings, clientIds: ['app'] }).verify(issuer.mint({ claims: { azp: 'other' } }))`,
  },
  ERR_CLAIMS_INSUFFICIENT: {
    title: 'The claims do not give the right',
    cause: 'The check of `requireClaims` on this route refuses the token (403).',
    fix: 'Ask for a token of a user who has the role or permission that the body names.',
    example: `throw new RequestError('ERR_CLAIMS_INSUFFICIENT', 'as requireClaims answers', { reason: 'claims_insufficient', status: 403 })`,
  },
  ERR_AUTHENTICATION: {
    title: 'The login is too weak, or too long ago',
    cause:
      'The route asks for an `acr`, or for a login within `max_age` (RFC 9470), that the token does not show.',
    fix: 'Let the user log in again, with the `acr_values` and `max_age` of the challenge.',
    example: `throw new RequestError('ERR_AUTHENTICATION', 'as step-up answers', { reason: 'insufficient_user_authentication' })`,
  },
  ERR_GRANT_MISSING: {
    title: 'There is no such grant',
    cause: 'Nothing is stored under this id: the user never connected, or has disconnected.',
    fix: 'Send the user through the authorization flow, and `save` the answer.',
    example: `throw new SourceError('ERR_GRANT_MISSING', 'as a GrantManager answers')`,
  },
  ERR_GRANT_ENDED: {
    title: 'The grant has ended',
    cause:
      'The server refused the refresh token for good; the error names the cause (`revoked`, `expired`, `answer_lost` or `unknown`). No request is made for it any more.',
    fix: 'Let the user connect again. If the cause is `answer_lost`, an answer got lost between server and store.',
    example: `throw new SourceError('ERR_GRANT_ENDED', 'as a GrantManager answers')`,
  },
  ERR_GRANT_STORE: {
    title: 'The store of grants cannot be asked',
    cause:
      'It is down, or a record is sealed with a key that this process does not have. No refresh token is used while that is so.',
    fix: 'Bring the store back, or hand in the sealing key. A fresh access token in memory serves on meanwhile.',
    example: `throw new SourceError('ERR_GRANT_STORE', 'as a GrantManager answers')`,
  },
  ERR_GRANT_REVOCATION: {
    title: 'The server did not revoke the grant',
    cause: 'The grant is deleted here, and the revocation endpoint failed.',
    fix: 'Revoke it in the console of the vendor, or ask the user to.',
    example: `throw new SourceError('ERR_GRANT_REVOCATION', 'as a GrantManager answers')`,
  },
  ERR_RECONNECT_NEEDED: {
    title: 'The user has to connect again',
    cause: 'The gateway has no grant for this user, or one that has ended (409).',
    fix: 'Lead the user to the page that connects the account.',
    example: `throw new RequestError('ERR_RECONNECT_NEEDED', 'as injectBearer answers', { reason: 'reconnect_needed', status: 409 })`,
  },
  ERR_SEALING_KEY_UNKNOWN: {
    title: 'This was sealed with a key that is not here',
    cause: 'A value at rest names a sealing key that this process was not given.',
    fix: 'Hand the key in as one that may be read. Change keys in two steps: readable everywhere first, then writing.',
    example: `throw new KeyError('ERR_SEALING_KEY_UNKNOWN', 'as a sealed store answers')`,
  },
  ERR_SEALING_BROKEN: {
    title: 'What was sealed is damaged',
    cause: 'A value at rest was changed, cut off, or put in the place of another.',
    fix: 'Treat it as lost, and look for who writes to that store.',
    example: `throw new KeyError('ERR_SEALING_BROKEN', 'as a sealed store answers')`,
  },
  ERR_KEY_NOT_EXTRACTABLE: {
    title: 'The key was not made to be written out',
    cause: '`exportKey` was asked for a key that was made or imported without `extractable: true`.',
    fix: 'Make or import it with `extractable: true`, where you need to store it.',
    example: `await exportKey(await generateKey('ES256'), 'pem')`,
  },
  ERR_KEY_UNSUPPORTED: {
    title: 'This runtime does not have the algorithm',
    cause: 'ML-DSA and Ed448 are there on some runtimes only.',
    fix: 'Use a runtime that has it, or another algorithm.',
    example: `throw new KeyError('ERR_KEY_UNSUPPORTED', 'where a runtime lacks ML-DSA')`,
  },
  ERR_OVERLOADED: {
    title: 'Too many signatures wait to be checked',
    cause:
      'More new tokens came at once than can be checked in time. Known tokens are not affected (503, with `Retry-After`).',
    fix: 'Try again later; operators: look for a flood of new or forged tokens.',
    example: `throw new RequestError('ERR_OVERLOADED', 'as a guard answers under a flood', { reason: 'overloaded', status: 503 })`,
  },
  ERR_KEYS_UNAVAILABLE: {
    title: "The issuer's keys can't be had",
    cause:
      'No key is in hand, and the issuer cannot be reached (503, with `Retry-After`). The token may be good.',
    fix: 'Try again later; operators: see `verifier.health()`.',
    example: `await new TokenVerifier({ ...settings, keys: { jwksUri: 'https://auth.example.com/jwks', fetch: async () => new Response('', { status: 500 }) } }).verify(issuer.mint())`,
  },
  ERR_STORE_UNAVAILABLE: {
    title: 'A store that guards cannot be asked',
    cause:
      'One-time use, generations or revocations could not be looked up, and a check that cannot be made lets nobody pass (503).',
    fix: 'Try again later; operators: look at the store.',
    example: `const once = { consume: async () => { throw new Error('down') } }\nawait new TokenVerifier({ ...settings, once }).verify(issuer.mint({ claims: { jti: 'one' } }))`,
  },
  ERR_TOKEN_INACTIVE: {
    title: 'The issuer says that the token is not active',
    cause: 'An opaque token was asked about, and it has ended, was revoked, or was never issued.',
    fix: 'Get a new token.',
    example: `throw new RequestError('ERR_TOKEN_INACTIVE', 'as an introspection endpoint says', { reason: 'token_inactive' })`,
  },
  ERR_INTROSPECTION_UNAVAILABLE: {
    title: 'The issuer cannot be asked about a token',
    cause:
      'The introspection endpoint cannot be reached, refuses this API, or answers with something else (503).',
    fix: 'Try again later; operators: look at the endpoint and at the credentials of this API.',
    example: `const introspection = new TokenIntrospection({ endpoint: 'https://auth.example.com/introspect', clientId: 'a', clientSecret: 'b', fetch: async () => new Response('', { status: 500 }) })\nawait new TokenVerifier({ ...settings, introspection }).verify('opaque')`,
  },
  ERR_ISSUE_REFUSED: {
    title: 'The application issues no token for this request',
    cause: 'The callback of `issueToken` gave nothing.',
    fix: 'Log in first, or ask for what you may have.',
    example: `throw new RequestError('ERR_ISSUE_REFUSED', 'as issueToken answers', { reason: 'issue_refused' })`,
  },
  ERR_TOKEN_UNAVAILABLE: {
    title: 'The gateway has no token for the API behind it',
    cause: '`injectBearer` could not get one; the `cause` says why. Nothing was sent on.',
    fix: 'Try again later; operators: look at the events of the manager.',
    example: `throw new RequestError('ERR_TOKEN_UNAVAILABLE', 'as injectBearer answers', { reason: 'token_unavailable', status: 503 })`,
  },
} as const satisfies Readonly<Record<ErrorCode, CodeText>>

/** One entry for each reason of a refusal: what the body of a 4xx or 503 names. */
export const REASONS = {
  request_invalid: [
    'ERR_REQUEST_INVALID',
    'Two tokens in one request, a header that cannot be read, or a `Request` of another form.',
  ],
  token_missing: ['ERR_TOKEN_MISSING', 'The request has no token where the guard looks for one.'],
  token_malformed: [
    'ERR_TOKEN_MALFORMED',
    'What was sent is not a JWT in its one canonical spelling.',
  ],
  algorithm_not_allowed: [
    'ERR_TOKEN_ALGORITHM',
    "The header's `alg` is not one that the verifier allows.",
  ],
  key_unknown: ['ERR_TOKEN_KEY', 'None of the known keys has the `kid` of the header.'],
  signature_invalid: [
    'ERR_TOKEN_SIGNATURE',
    'The signature was not made by the key, over these bytes.',
  ],
  type_mismatch: ['ERR_TOKEN_TYPE', 'The `typ` of the header is that of another kind of token.'],
  token_expired: ['ERR_TOKEN_EXPIRED', '`exp` has passed.'],
  token_not_yet_valid: ['ERR_TOKEN_NOT_YET_VALID', '`nbf` or `iat` lies in the future.'],
  token_too_old: ['ERR_TOKEN_TOO_OLD', 'The token is older than `maxTokenAge`.'],
  token_replayed: ['ERR_TOKEN_REPLAYED', 'A one-time token came a second time.'],
  token_superseded: ['ERR_TOKEN_SUPERSEDED', 'The subject has a newer generation.'],
  token_revoked: ['ERR_TOKEN_REVOKED', 'The token was revoked by its id.'],
  claim_missing: ['ERR_CLAIM_MISSING', 'A required claim is not there; `claim` names it.'],
  claim_invalid: [
    'ERR_CLAIM_INVALID',
    'A claim has another type than its standard gives it; `claim` names it.',
  ],
  claims_schema: ['ERR_CLAIMS_SCHEMA', "The payload does not fit the application's schema."],
  issuer_mismatch: ['ERR_ISSUER', '`iss` is another issuer.'],
  audience_mismatch: ['ERR_AUDIENCE', '`aud` does not name this API.'],
  origin_malformed: ['ERR_ORIGIN', 'The `Origin` header is not an origin (400).'],
  origin_mismatch: ['ERR_ORIGIN', 'The token names other origins than that of the page.'],
  origin_null: [
    'ERR_ORIGIN',
    'The page has an opaque origin (`null`): a sandboxed frame, a local file.',
  ],
  origin_trailing_dot: [
    'ERR_ORIGIN',
    'The host of the origin ends in a dot, which is another origin.',
  ],
  origin_required: ['ERR_ORIGIN', 'There is no `Origin` header, and the policy asks for one.'],
  origin_unprovable: [
    'ERR_ORIGIN',
    'There is no `Origin` header, and `Sec-Fetch-Site` says that it is a page of another site.',
  ],
  proof_missing: ['ERR_DPOP_PROOF', 'There is no DPoP proof.'],
  proof_invalid: ['ERR_DPOP_PROOF', 'The DPoP proof is not one for this request.'],
  proof_expired: ['ERR_DPOP_PROOF', 'The DPoP proof is too old, or of the future.'],
  proof_replayed: ['ERR_DPOP_PROOF', 'The DPoP proof was used before.'],
  proof_nonce: ['ERR_DPOP_NONCE', 'The DPoP proof needs the nonce of the answer.'],
  key_mismatch: ['ERR_TOKEN_BINDING', 'The proof is by another key than the token is bound to.'],
  key_unproven: ['ERR_TOKEN_BINDING', 'The token is bound to a key, and nothing proves it.'],
  key_unbound: ['ERR_TOKEN_BINDING', 'A proof came with a token that is bound to no key.'],
  insufficient_scope: ['ERR_SCOPE', 'The token lacks the scope of this route (403).'],
  client_mismatch: ['ERR_CLIENT', 'The token was issued to another client.'],
  claims_insufficient: [
    'ERR_CLAIMS_INSUFFICIENT',
    "The route's check of roles or permissions refuses the token (403).",
  ],
  insufficient_user_authentication: [
    'ERR_AUTHENTICATION',
    'The route wants a stronger or a more recent login.',
  ],
  reconnect_needed: ['ERR_RECONNECT_NEEDED', 'The account has to be connected again (409).'],
  overloaded: ['ERR_OVERLOADED', 'Too many new tokens at once; this one was not looked at (503).'],
  keys_unavailable: ['ERR_KEYS_UNAVAILABLE', "The issuer's keys cannot be had now (503)."],
  store_unavailable: ['ERR_STORE_UNAVAILABLE', 'A store that guards cannot be asked now (503).'],
  token_inactive: ['ERR_TOKEN_INACTIVE', 'The issuer says that the token is not active.'],
  introspection_unavailable: [
    'ERR_INTROSPECTION_UNAVAILABLE',
    'The issuer cannot be asked about the token now (503).',
  ],
  issue_refused: ['ERR_ISSUE_REFUSED', 'The application gives no token for this request.'],
  token_unavailable: [
    'ERR_TOKEN_UNAVAILABLE',
    'The gateway has no token for the API behind it (503).',
  ],
} as const satisfies Readonly<Record<Reason, readonly [code: ErrorCode, cause: string]>>
