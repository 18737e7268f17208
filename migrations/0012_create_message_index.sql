-- The words of each message and marks beside them (room, author, who is mentioned, file, image, link, code), by the message's id:
-- domain/search.rs makes both, so the tokenizer has nothing left to do. How often a word occurs is never asked. Beginnings of two and
-- three characters have an index of their own. An index is made anew by this same statement.
CREATE VIRTUAL TABLE message_index USING fts5 (words, columnsize = 0, tokenize = 'ascii', prefix = '2 3');
-- What is removed is gone from the file at once, not only marked.
INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);
-- Merging is asked for in small steps with each write. By itself it would come a thousand pages at a time, and one post in a hundred
-- would wait for it; and more segments at once are merged less often.
INSERT INTO message_index (message_index, rank) VALUES ('automerge', 0);
INSERT INTO message_index (message_index, rank) VALUES ('usermerge', 16);
INSERT INTO message_index (message_index, rank) VALUES ('crisismerge', 64);
