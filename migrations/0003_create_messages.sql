-- Messages, and the counter that numbers every change of one.

-- Every change of a message (created, edited, removed, …) takes the next revision in its own transaction,
-- so revisions are in commit order and never repeat.
CREATE TABLE counters (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('revision', 0);

-- A removed message leaves a tombstone: its row, with no content, so that a page that was away learns of it
-- and a late repeat of the post is not created again.
CREATE TABLE messages (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  room_id           INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  creator_id        INTEGER NOT NULL REFERENCES users (id),
  client_message_id TEXT    NOT NULL,          -- the sender's UUID, lower case and hyphenated
  created_revision  INTEGER NOT NULL,
  revision          INTEGER NOT NULL,
  source            TEXT    NOT NULL,          -- as typed; empty on a tombstone, like the next two
  source_format     TEXT    NOT NULL DEFAULT 'plain' CHECK (source_format IN ('plain', 'markdown')),
  body_html         TEXT    NOT NULL,          -- rendered once, when it was written
  plain_text        TEXT    NOT NULL,          -- what a reader reads: for search and notifications
  created_at_ms     INTEGER NOT NULL,
  updated_at_ms     INTEGER NOT NULL,
  edited_at_ms      INTEGER,                   -- null until the first edit
  removed_at_ms     INTEGER,                   -- set on a tombstone
  UNIQUE (room_id, client_message_id),         -- decides whether a post is a repeat
  CHECK (removed_at_ms IS NULL OR source = '')
) STRICT;

-- Pages of a room and the unread count; tombstones cost them nothing.
CREATE INDEX messages_page ON messages (room_id, id, creator_id) WHERE removed_at_ms IS NULL;
-- What changed in a room since a revision.
CREATE UNIQUE INDEX messages_changes ON messages (room_id, revision);
