-- Imports: many invitations as one job. A process leases a job for a while, and the result of a row commits with its change.
CREATE TABLE imports (
    id                BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- What its maker calls it.
    reference         TEXT NOT NULL,
    organization_id   INTEGER NOT NULL REFERENCES organizations (id),
    filename          TEXT NOT NULL,
    -- Who made it: their right is looked at again with every batch.
    performer_kind    TEXT NOT NULL,
    performer_id      TEXT,
    notified_user_id  INTEGER REFERENCES users (id),
    request_id        BLOB CHECK (length(request_id) = 16),
    address           TEXT,
    state             TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
    reason            TEXT,
    total             INTEGER NOT NULL CHECK (total >= 0),
    invited           INTEGER NOT NULL DEFAULT 0,
    added             INTEGER NOT NULL DEFAULT 0,
    already_member    INTEGER NOT NULL DEFAULT 0,
    duplicate         INTEGER NOT NULL DEFAULT 0,
    invalid           INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    ended_at          INTEGER,
    -- Whose turn it is, and until when nobody else may take it.
    lease             BLOB CHECK (length(lease) = 16),
    lease_until       INTEGER,
    UNIQUE (organization_id, reference),
    CHECK ((state = 'running') = (ended_at IS NULL)),
    CHECK ((state = 'stopped') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX imports_running ON imports (id) WHERE state = 'running';

CREATE TABLE import_rows (
    import_id          BLOB NOT NULL REFERENCES imports (id),
    number             INTEGER NOT NULL CHECK (number >= 0),
    email_address      TEXT NOT NULL,
    -- What was asked for, until the row is done.
    display_name       TEXT,
    given_name         TEXT,
    family_name        TEXT,
    mfa_disabled       INTEGER CHECK (mfa_disabled IN (0, 1)),
    make_admin         INTEGER CHECK (make_admin IN (0, 1)),
    -- Absent until the row is done.
    result             TEXT CHECK (result IN ('invited', 'added', 'already_member', 'duplicate', 'invalid')),
    address_normalized TEXT,
    user_id            INTEGER REFERENCES users (id),
    reason             TEXT,
    detail             TEXT,
    field              TEXT,
    PRIMARY KEY (import_id, number),
    CHECK ((result = 'invalid') = (reason IS NOT NULL) OR result IS NULL),
    CHECK ((reason IS NULL) = (detail IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX import_rows_waiting ON import_rows (import_id, number) WHERE result IS NULL;
CREATE UNIQUE INDEX import_rows_by_address ON import_rows (import_id, address_normalized)
    WHERE address_normalized IS NOT NULL;
