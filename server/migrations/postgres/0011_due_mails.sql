-- The index of mails that are due names the state, too, so that whoever asks for the next few reads those alone, whatever is
-- known of the table.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (state, next_at, id) WHERE state = 'queued';
