-- How far the index has come, and what people looked for lately.

-- Messages up to unindexed_through_id may not be in the index yet: the background adds them, newest first. So too when it was made by
-- other rules than the program's.
CREATE TABLE search_state (
  id                   INTEGER PRIMARY KEY CHECK (id = 1),
  rules                INTEGER NOT NULL,
  unindexed_through_id INTEGER NOT NULL
) STRICT;
INSERT INTO search_state (id, rules, unindexed_through_id) SELECT 1, 1, coalesce(max(id), 0) FROM messages;

CREATE TABLE searches (
  user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  query          TEXT    NOT NULL,
  searched_at_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, query)
) STRICT, WITHOUT ROWID;
