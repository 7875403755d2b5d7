/** What the ledger says to SQLite. The queries for lists are written by `list-query.ts`. */
export const INSERT_AUDIENCE = 'INSERT OR IGNORE INTO token_audiences VALUES (?, ?, ?)'

export const FIND_BY_ID = 'SELECT * FROM tokens WHERE kind = ? AND token_id = ?'

export const FIND_BY_HASH = 'SELECT * FROM tokens WHERE token_hash = ?'

export const REVOKE = `
  UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE kind = ? AND token_id = ?`

export const GENERATION = 'SELECT generation FROM generations WHERE space = ? AND name = ?'

export const BUMP_GENERATION = `
  INSERT INTO generations VALUES (?, ?, 1)
  ON CONFLICT (space, name) DO UPDATE SET generation = generation + 1
  RETURNING generation`

export const ADVANCE_GENERATION = `
  UPDATE generations SET generation = ? + 1 WHERE space = ? AND name = ? AND generation = ?`

/** Of those who never began another generation there is no row: their generation is 0. */
export const FIRST_GENERATION = `
  INSERT INTO generations VALUES (?, ?, 1) ON CONFLICT DO NOTHING`

export const KEYS = `
  SELECT * FROM signing_keys ORDER BY active_from DESC, created_at DESC, key_id DESC`

export const NEWEST_KEY: string = `${KEYS} LIMIT 1`

export const INSERT_KEY = `
  INSERT INTO signing_keys (key_id, algorithm, sealed_key, active_from, needed_until, created_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`

export const NEED_KEY = `
  UPDATE signing_keys SET needed_until = max(needed_until, ?) WHERE key_id = ?`

export const REMOVE_KEY = 'DELETE FROM signing_keys WHERE key_id = ?'

/** A key is spent when nobody needs it and a newer one signs. */
export const PURGE_KEYS = `
  DELETE FROM signing_keys AS old
  WHERE needed_until < ? AND EXISTS (
    SELECT 1 FROM signing_keys AS newer
    WHERE newer.active_from <= ?
      AND (newer.active_from, newer.created_at, newer.key_id)
        > (old.active_from, old.created_at, old.key_id)
  )`

export const DOOMED = 'SELECT * FROM tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ?'

export const DELETE_TOKEN = 'DELETE FROM tokens WHERE sequence = ?'

export const DELETE_AUDIENCE = `
  DELETE FROM token_audiences WHERE audience = ? AND issued_at = ? AND sequence = ?`

/** As much as a group of tokens: on a disk that is nearly full a single number would still fit. */
export const BEAT = 'UPDATE pulse SET beats = beats + 1, ballast = randomblob(16384)'

export const FEEL_PULSE = 'SELECT beats FROM pulse'
