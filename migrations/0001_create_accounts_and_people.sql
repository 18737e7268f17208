-- The account (exactly one), the people in it, and their sessions.
-- Times are milliseconds since 1970-01-01T00:00:00Z.

-- One database is one account: the check makes a second row impossible, also when five first runs race.
CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  name          TEXT    NOT NULL,
  join_code     TEXT    NOT NULL,             -- part of the invite link; a new one makes the old one useless
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL,
  email_address TEXT    UNIQUE,               -- lower case; null for bots
  password_hash TEXT,                         -- PHC string (argon2id); null for bots
  role          TEXT    NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'administrator', 'bot')),
  status        TEXT    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deactivated', 'banned')),
  bio           TEXT    NOT NULL DEFAULT '',
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

-- A signed-in browser or script. The token itself is never stored: only its SHA-256.
CREATE TABLE sessions (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash      BLOB    NOT NULL UNIQUE,
  ip_address      TEXT    NOT NULL,
  user_agent      TEXT    NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  last_used_at_ms INTEGER NOT NULL            -- written at most once an hour; the session's end counts from here
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id);
