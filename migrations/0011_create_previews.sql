-- What a message's first link leads to, as far as it could be seen from outside; and whether anybody looks.

ALTER TABLE accounts ADD COLUMN shows_previews INTEGER NOT NULL DEFAULT 1 CHECK (shows_previews IN (0, 1));

-- One that somebody removed stays as a row without content, so that an edit does not bring it back.
CREATE TABLE previews (
  message_id    INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  revision      INTEGER NOT NULL,              -- the change of the message that it is from
  url           TEXT    NOT NULL,              -- the link in the message
  title         TEXT    NOT NULL,              -- may be empty, like the next one
  description   TEXT    NOT NULL,
  image_width   INTEGER NOT NULL,              -- 0: no picture
  image_height  INTEGER NOT NULL,
  image_webp    BLOB,
  removed_at_ms INTEGER
) STRICT;
