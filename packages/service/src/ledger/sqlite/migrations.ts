/**
 * The schema, step by step. A step that has been released is never changed: what comes later is a step
 * of its own. The number of a step is its place in the list, from 1.
 */
export const SQLITE_MIGRATIONS: readonly string[] = [
  // The rowid (`sequence`) is the last column of every index, so each gives its rows in the order of pages.
  `
  CREATE TABLE tokens (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    client_id TEXT,
    subject TEXT,
    audience TEXT NOT NULL,
    xid TEXT,
    phone TEXT,
    scope TEXT,
    generation INTEGER,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    sealed_token TEXT
  ) STRICT;
  CREATE UNIQUE INDEX tokens_by_id ON tokens (token_id);
  CREATE UNIQUE INDEX tokens_by_hash ON tokens (token_hash);
  CREATE INDEX tokens_by_time ON tokens (issued_at);
  CREATE INDEX tokens_by_expiry ON tokens (expires_at);
  CREATE INDEX tokens_by_kind ON tokens (kind, issued_at);
  CREATE INDEX tokens_by_xid ON tokens (xid, issued_at) WHERE xid IS NOT NULL;
  CREATE INDEX tokens_by_phone ON tokens (phone, issued_at) WHERE phone IS NOT NULL;
  CREATE INDEX tokens_by_client ON tokens (client_id, issued_at) WHERE client_id IS NOT NULL;

  CREATE TABLE token_audiences (
    audience TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (audience, issued_at, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE generations (
    subject TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signing_keys (
    key_id TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL,
    sealed_key TEXT NOT NULL,
    active_from INTEGER NOT NULL,
    needed_until INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pulse (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    beats INTEGER NOT NULL
  ) STRICT;
  INSERT INTO pulse VALUES (1, 0);
  `,
  // Each kind has its ids for itself, and clients their generations apart from an application's subjects.
  // Nobody can tell which of the two an old generation was: it counts for both, and revives nothing.
  `
  DROP INDEX tokens_by_id;
  CREATE UNIQUE INDEX tokens_by_id ON tokens (kind, token_id);
  CREATE TABLE generations_by_space (
    space TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (space, name)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO generations_by_space SELECT 'client', subject, generation FROM generations;
  INSERT INTO generations_by_space SELECT 'subject', subject, generation FROM generations;
  DROP TABLE generations;
  ALTER TABLE generations_by_space RENAME TO generations;
  ALTER TABLE pulse ADD COLUMN ballast BLOB;
  `,
]
