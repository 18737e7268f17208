-- The words of each message and marks beside them (room, author, who is mentioned, file, image, link, code), by the message's id:
-- domain/search.rs makes both, so the tokenizer has nothing left to do. How often a word occurs is never asked. Beginnings of two and
-- three characters have an index of their own. An index is made anew by this same statement.
CREATE VIRTUAL TABLE message_index USING fts5 (words, columnsize = 0, tokenize = 'ascii', prefix = '2 3');
-- What is removed is gone from the file at once, not only marked.
INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);
