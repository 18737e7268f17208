-- Rooms sort by name, know their newest message, and go in steps.

ALTER TABLE rooms ADD COLUMN name_key TEXT NOT NULL DEFAULT '';      -- as users.name_key; empty for direct rooms
UPDATE rooms SET name_key = name_key(name) WHERE name IS NOT NULL;
ALTER TABLE rooms ADD COLUMN last_message_id INTEGER NOT NULL DEFAULT 0; -- what is read up to here has nothing unread after it
UPDATE rooms SET last_message_id = coalesce((SELECT max(id) FROM messages WHERE room_id = rooms.id), 0);

-- Set when a room is deleted: from then on nobody finds it, while its rows go in batches. A direct room's key is given
-- up at once, so that the same people can start anew.
ALTER TABLE rooms ADD COLUMN deleted_at_ms INTEGER;
CREATE INDEX rooms_deleted ON rooms (id) WHERE deleted_at_ms IS NOT NULL;

-- What somebody wrote, to be removed in batches.
CREATE INDEX messages_of_creator ON messages (creator_id, id) WHERE removed_at_ms IS NULL;
