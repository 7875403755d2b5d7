/**
 * The schema, step by step. A step that has been released is never changed: what comes later is a step
 * of its own. The number of a step is its place in the list, from 1.
 *
 * Names begin with `mayfly_`: the database may hold other things too.
 */
export const POSTGRES_MIGRATIONS: readonly string[] = [
  // An audience may be longer than PostgreSQL lets an index be wide, so its hash is what is searched for.
  `
  CREATE TABLE mayfly_tokens (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id text NOT NULL,
    token_hash text NOT NULL,
    kind text NOT NULL,
    client_id text,
    subject text,
    audience jsonb NOT NULL,
    xid text,
    phone text,
    scope text,
    generation bigint,
    issued_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    sealed_token text
  );
  CREATE UNIQUE INDEX mayfly_tokens_by_id ON mayfly_tokens (token_id);
  CREATE UNIQUE INDEX mayfly_tokens_by_hash ON mayfly_tokens (token_hash);
  CREATE INDEX mayfly_tokens_by_time ON mayfly_tokens (issued_at, sequence);
  CREATE INDEX mayfly_tokens_by_expiry ON mayfly_tokens (expires_at);
  CREATE INDEX mayfly_tokens_by_kind ON mayfly_tokens (kind, issued_at, sequence);
  CREATE INDEX mayfly_tokens_by_xid ON mayfly_tokens (xid, issued_at, sequence)
    WHERE xid IS NOT NULL;
  CREATE INDEX mayfly_tokens_by_phone ON mayfly_tokens (phone, issued_at, sequence)
    WHERE phone IS NOT NULL;
  CREATE INDEX mayfly_tokens_by_client ON mayfly_tokens (client_id, issued_at, sequence)
    WHERE client_id IS NOT NULL;

  CREATE TABLE mayfly_token_audiences (
    audience_hash bytea NOT NULL,
    issued_at bigint NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (audience_hash, issued_at, sequence)
  );

  CREATE TABLE mayfly_generations (
    subject text PRIMARY KEY,
    generation bigint NOT NULL
  );

  CREATE TABLE mayfly_signing_keys (
    key_id text PRIMARY KEY,
    algorithm text NOT NULL,
    sealed_key text NOT NULL,
    active_from bigint NOT NULL,
    needed_until bigint NOT NULL,
    created_at bigint NOT NULL
  );
  `,
  // Each kind has its ids for itself, and clients their generations apart from an application's subjects.
  // Nobody can tell which of the two an old generation was: it counts for both, and revives nothing.
  `
  DROP INDEX mayfly_tokens_by_id;
  CREATE UNIQUE INDEX mayfly_tokens_by_id ON mayfly_tokens (kind, token_id);
  CREATE TABLE mayfly_generations_by_space (
    space text NOT NULL,
    name text NOT NULL,
    generation bigint NOT NULL,
    PRIMARY KEY (space, name)
  );
  INSERT INTO mayfly_generations_by_space SELECT 'client', subject, generation FROM mayfly_generations;
  INSERT INTO mayfly_generations_by_space SELECT 'subject', subject, generation FROM mayfly_generations;
  DROP TABLE mayfly_generations;
  ALTER TABLE mayfly_generations_by_space RENAME TO mayfly_generations;
  CREATE TABLE mayfly_pulse (
    one int PRIMARY KEY CHECK (one = 1),
    beats bigint NOT NULL,
    ballast bytea
  );
  INSERT INTO mayfly_pulse VALUES (1, 0, NULL);
  `,
]
