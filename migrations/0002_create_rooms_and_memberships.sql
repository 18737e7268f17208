-- Rooms and who belongs to them.

CREATE TABLE rooms (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  kind               TEXT    NOT NULL CHECK (kind IN ('open', 'closed', 'direct')),
  name               TEXT,                     -- null for direct rooms, which are named after their members
  direct_key         TEXT    UNIQUE,           -- the sorted ids of a direct room's members: the same people, the same room
  creator_id         INTEGER NOT NULL REFERENCES users (id),
  last_message_at_ms INTEGER,                  -- null until the first message
  created_at_ms      INTEGER NOT NULL,
  updated_at_ms      INTEGER NOT NULL,
  CHECK ((kind = 'direct') = (direct_key IS NOT NULL)),
  CHECK ((kind = 'direct') = (name IS NULL))
) STRICT;
CREATE INDEX rooms_open ON rooms (id) WHERE kind = 'open';

CREATE TABLE memberships (
  room_id              INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  user_id              INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  involvement          TEXT    NOT NULL CHECK (involvement IN ('invisible', 'nothing', 'mentions', 'everything')),
  last_read_message_id INTEGER NOT NULL DEFAULT 0, -- the read cursor: what comes after it is unread
  created_at_ms        INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_of_user ON memberships (user_id, room_id);
