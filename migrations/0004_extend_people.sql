-- What people set about themselves, and what follows from it.

-- The name as it is sorted and filtered by: name_key() is domain/text.rs's.
ALTER TABLE users ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE users SET name_key = name_key(name);
ALTER TABLE users ADD COLUMN avatar_version TEXT;               -- null: initials
ALTER TABLE users ADD COLUMN theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));
ALTER TABLE users ADD COLUMN people_revision INTEGER NOT NULL DEFAULT 0; -- the last change of what others see of them
ALTER TABLE users ADD COLUMN purge_through_id INTEGER;          -- their messages up to this one are being removed
INSERT INTO counters (name, value) VALUES ('people', 0);
CREATE INDEX users_by_name ON users (role, name_key, id);
CREATE INDEX users_inactive ON users (id) WHERE status <> 'active';
CREATE INDEX users_changed ON users (people_revision);
CREATE INDEX users_purged ON users (id) WHERE purge_through_id IS NOT NULL;

-- Pictures: square WebP.
CREATE TABLE avatars (
  user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  webp    BLOB    NOT NULL
) STRICT;

-- Links that sign somebody in on another device, once. The token itself is never stored: only its SHA-256.
CREATE TABLE transfers (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash    BLOB    NOT NULL UNIQUE,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX transfers_of_user ON transfers (user_id);
