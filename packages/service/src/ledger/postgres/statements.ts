/** The hash that an audience is searched by. */
export function audienceHash(text: string): string {
  return `sha256(convert_to(${text}, 'UTF8'))`
}

/**
 * Records any number of tokens in one statement, and gives the kind and id of those that were new. It takes a
 * JSON array of objects with the names of the columns.
 */
export const RECORD: string = `
  WITH given AS (
    SELECT r.* FROM ROWS FROM (
      jsonb_to_recordset($1::jsonb) AS (
        token_id text, token_hash text, kind text, client_id text, subject text, audience jsonb,
        xid text, phone text, scope text, generation bigint, issued_at bigint, expires_at bigint,
        sealed_token text)
    ) WITH ORDINALITY AS r
  ), recorded AS (
    INSERT INTO mayfly_tokens (token_id, token_hash, kind, client_id, subject, audience, xid, phone,
      scope, generation, issued_at, expires_at, sealed_token)
    SELECT token_id, token_hash, kind, client_id, subject, audience, xid, phone,
      scope, generation, issued_at, expires_at, sealed_token
    FROM given ORDER BY ordinality
    ON CONFLICT DO NOTHING
    RETURNING sequence, kind, token_id, issued_at, audience
  ), searchable AS (
    INSERT INTO mayfly_token_audiences
    SELECT DISTINCT ${audienceHash('one')}, issued_at, sequence
    FROM recorded, jsonb_array_elements_text(audience) AS one
  )
  SELECT kind, token_id FROM recorded`

export const FIND_BY_ID = 'SELECT * FROM mayfly_tokens WHERE kind = $1 AND token_id = $2'

export const FIND_BY_HASH = 'SELECT * FROM mayfly_tokens WHERE token_hash = $1'

export const REVOKE = `
  UPDATE mayfly_tokens SET revoked_at = coalesce(revoked_at, $3) WHERE kind = $1 AND token_id = $2`

export const GENERATION = 'SELECT generation FROM mayfly_generations WHERE space = $1 AND name = $2'

export const BUMP_GENERATION = `
  INSERT INTO mayfly_generations AS old VALUES ($1, $2, 1)
  ON CONFLICT (space, name) DO UPDATE SET generation = old.generation + 1
  RETURNING generation`

/** Of those who never began another generation there is no row: their generation is 0. */
export const ADVANCE_GENERATION = `
  INSERT INTO mayfly_generations AS old
  SELECT $1::text, $2::text, $3::bigint + 1
  WHERE $3::bigint = coalesce(
    (SELECT generation FROM mayfly_generations WHERE space = $1 AND name = $2), 0)
  ON CONFLICT (space, name) DO UPDATE SET generation = excluded.generation
  WHERE old.generation = $3::bigint`

export const KEYS = `
  SELECT * FROM mayfly_signing_keys ORDER BY active_from DESC, created_at DESC, key_id DESC`

/** One node at a time adds a key; those that read keys or need them longer go on. */
export const LOCK_KEYS = 'LOCK TABLE mayfly_signing_keys IN SHARE ROW EXCLUSIVE MODE'

export const NEWEST_KEY: string = `${KEYS} LIMIT 1`

export const INSERT_KEY = `
  INSERT INTO mayfly_signing_keys
    (key_id, algorithm, sealed_key, active_from, needed_until, created_at)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT DO NOTHING`

export const NEED_KEY = `
  UPDATE mayfly_signing_keys SET needed_until = greatest(needed_until, $2) WHERE key_id = $1`

export const REMOVE_KEY = 'DELETE FROM mayfly_signing_keys WHERE key_id = $1'

/** A key is spent when nobody needs it and a newer one signs. */
export const PURGE_KEYS = `
  DELETE FROM mayfly_signing_keys AS old
  WHERE needed_until < $1 AND EXISTS (
    SELECT 1 FROM mayfly_signing_keys AS newer
    WHERE newer.active_from <= $1
      AND (newer.active_from, newer.created_at, newer.key_id)
        > (old.active_from, old.created_at, old.key_id)
  )`

/** Several nodes may forget at once: each takes what no other has in hand. */
export const PURGE_TOKENS: string = `
  WITH doomed AS (
    SELECT sequence FROM mayfly_tokens WHERE expires_at < $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM mayfly_tokens AS t USING doomed WHERE t.sequence = doomed.sequence
    RETURNING t.sequence, t.issued_at, t.audience
  ), unsearchable AS (
    DELETE FROM mayfly_token_audiences AS a
    USING gone, jsonb_array_elements_text(gone.audience) AS one
    WHERE a.audience_hash = ${audienceHash('one')}
      AND a.issued_at = gone.issued_at AND a.sequence = gone.sequence
  )
  SELECT count(*) AS purged FROM gone`

export const CAN_WRITE = `
  SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS yes
  FROM (SELECT count(*) FROM mayfly_migrations) AS reads`

/** As much as a batch of tokens. Nodes that beat at once do not wait for each other. */
export const BEAT = `
  UPDATE mayfly_pulse SET beats = beats + 1, ballast = decode(repeat(md5(random()::text), 512), 'hex')
  WHERE one = (SELECT one FROM mayfly_pulse FOR UPDATE SKIP LOCKED)`

/**
 * What each connection is told first. A commit that was answered must be on the disk; whoever has chosen
 * more than that keeps it.
 */
export const PREPARE_SESSION = `
  SELECT set_config('application_name', 'mayfly', false),
    set_config('statement_timeout', '10s', false),
    set_config('lock_timeout', '5s', false),
    set_config('idle_in_transaction_session_timeout', '10s', false),
    CASE WHEN current_setting('synchronous_commit') = 'off'
      THEN set_config('synchronous_commit', 'on', false) END`
