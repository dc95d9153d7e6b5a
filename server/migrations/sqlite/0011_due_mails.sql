-- The index of mails that are due names the state, too. Without it SQLite took the index by state and looked at every mail
-- that waits, each time somebody asked for the next few.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (state, next_at, id) WHERE state = 'queued';
