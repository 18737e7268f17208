-- Whether sounds that messages play stay silent for somebody until they ask for one.
ALTER TABLE users ADD COLUMN mutes_sounds INTEGER NOT NULL DEFAULT 0 CHECK (mutes_sounds IN (0, 1));
