-- Boosts, earlier versions of messages, and which change of a message was the last to touch its body.

-- A person counts once for each content.
CREATE TABLE boosts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id    INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  booster_id    INTEGER NOT NULL REFERENCES users (id),
  content       TEXT    NOT NULL,
  created_at_ms INTEGER NOT NULL,
  UNIQUE (message_id, booster_id, content)
) STRICT;
CREATE INDEX boosts_of_message ON boosts (message_id, id);
CREATE INDEX boosts_of_booster ON boosts (booster_id, id);

-- What a message said before it was edited.
CREATE TABLE message_versions (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id    INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  source        TEXT    NOT NULL,
  body_html     TEXT    NOT NULL,
  written_at_ms INTEGER NOT NULL              -- when it began to say so
) STRICT;
CREATE INDEX versions_of_message ON message_versions (message_id, id);

-- The change that the body is from: a boost takes a revision too, but neither replaces a body that is shown nor makes an edit late.
ALTER TABLE messages ADD COLUMN body_revision INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET body_revision = revision;
