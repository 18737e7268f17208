-- What administrators set, whom they keep out, and what they did.

ALTER TABLE accounts ADD COLUMN restricts_room_creation INTEGER NOT NULL DEFAULT 0 CHECK (restricts_room_creation IN (0, 1));
ALTER TABLE accounts ADD COLUMN custom_styles TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN logo_version TEXT;   -- null: the flame

-- The logo, square PNG in two sizes.
CREATE TABLE logos (
  size TEXT PRIMARY KEY CHECK (size IN ('small', 'large')),
  png  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses that a banned person came from: nothing is changed from there.
CREATE TABLE bans (
  user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  ip_address    TEXT    NOT NULL,
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, ip_address)
) STRICT, WITHOUT ROWID;

-- Administrative acts: who, what, whom, when, from where. Names as they were then.
CREATE TABLE audit_entries (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms         INTEGER NOT NULL,
  actor_id      INTEGER REFERENCES users (id),       -- null: the command line
  actor_name    TEXT    NOT NULL,
  action        TEXT    NOT NULL,
  subject_name  TEXT    NOT NULL,                    -- whom or what it was done to; may be empty
  detail        TEXT    NOT NULL,                    -- what it is now, and the like; may be empty
  ip_address    TEXT    NOT NULL                     -- empty when it is not known
) STRICT;
