-- What a message's first link leads to, as far as it could be seen from outside; and whether anybody looks.

ALTER TABLE accounts ADD COLUMN shows_previews INTEGER NOT NULL DEFAULT 1 CHECK (shows_previews IN (0, 1));

-- One that somebody removed stays as a row without content, so that an edit does not bring it back.
CREATE TABLE previews (
  message_id   INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  url          TEXT    NOT NULL,              -- the link in the message
  title        TEXT    NOT NULL,              -- may be empty, like the next one
  description  TEXT    NOT NULL,
  image_width  INTEGER NOT NULL,              -- 0: no picture
  image_height INTEGER NOT NULL,
  brought_by   INTEGER NOT NULL,              -- the change of the message that it is from
  is_removed   INTEGER NOT NULL DEFAULT 0 CHECK (is_removed IN (0, 1)),
  image_webp   BLOB                           -- the last, so that nobody reads past it
) STRICT;
