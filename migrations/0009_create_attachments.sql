-- Files in messages: what is known of each, and the ones whose message is gone.

-- The file itself is in the storage, under a name that nobody can guess.
CREATE TABLE attachments (
  message_id    INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  file_key      TEXT    NOT NULL UNIQUE,        -- the file's name in the storage
  name          TEXT    NOT NULL,               -- as it was called where it comes from, made harmless
  content_type  TEXT    NOT NULL,               -- by its content where that tells, else by its name
  size_bytes    INTEGER NOT NULL,
  width         INTEGER,                        -- of a picture that is shown, as it is shown
  height        INTEGER,
  has_thumbnail INTEGER NOT NULL CHECK (has_thumbnail IN (0, 1)),
  CHECK ((width IS NULL) = (height IS NULL))
) STRICT;

-- Files to be deleted: noted in the commit that drops them, whatever drops them, deleted after it.
CREATE TABLE dropped_files (
  file_key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TRIGGER attachments_dropped AFTER DELETE ON attachments BEGIN
  INSERT OR IGNORE INTO dropped_files (file_key) VALUES (OLD.file_key);
END;
