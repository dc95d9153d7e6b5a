-- The kinds of mails are the program's business: a new one is no change of the schema. SQLite cannot drop a check, so the table
-- is made anew. Operators look for the mails that were given up.

CREATE TABLE outbox_of_any_kind (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- One of the kinds that the program knows.
    kind          TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    payload       BLOB,
    invitation_id BLOB REFERENCES invitations (id),
    state         TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'dead', 'withdrawn')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    queued_at     INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    lease_until   INTEGER,
    closed_at     INTEGER,
    last_error    TEXT,
    CHECK ((state IN ('sent', 'withdrawn')) = (payload IS NULL)),
    CHECK ((state = 'queued') = (closed_at IS NULL))
) STRICT;

INSERT INTO outbox_of_any_kind
SELECT id, kind, recipient, payload, invitation_id, state, attempts, queued_at, next_at, lease_until, closed_at, last_error
FROM outbox;

DROP TABLE outbox;
ALTER TABLE outbox_of_any_kind RENAME TO outbox;

CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'queued';
CREATE INDEX outbox_by_invitation ON outbox (invitation_id) WHERE invitation_id IS NOT NULL;
CREATE INDEX outbox_by_state ON outbox (state, id);
