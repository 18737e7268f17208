-- Who is called by which message.

-- Rows are for those who were in the message's room when it was written, and not for its author. What is asked is whether there is one
-- after a read cursor: one look at the key. The person 0 stands for everyone in the room, so that calling them is one row, not one for each.
CREATE TABLE mentions (
  room_id    INTEGER NOT NULL,
  user_id    INTEGER NOT NULL,
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  PRIMARY KEY (room_id, user_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_of_message ON mentions (message_id);
