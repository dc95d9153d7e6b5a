-- The audit log. Rows are never changed or removed: the triggers hold that against every program, not only this one.
CREATE TABLE events (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- The organization in whose log it stands, and its tenant, whose admins see it too.
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    tenant_id       INTEGER NOT NULL REFERENCES organizations (id),
    -- Kinds, performers and subjects are words that the program knows; a new one is no change of the schema.
    kind            TEXT NOT NULL,
    performer_kind  TEXT NOT NULL,
    performer_id    TEXT,
    subject_kind    TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    user_id         INTEGER,
    request_id      BLOB CHECK (length(request_id) = 16),
    -- The address of the client.
    address         TEXT,
    at              INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_organization ON events (organization_id, id);
CREATE INDEX events_by_tenant ON events (tenant_id, id);

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'events are not changed');
END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'events are not removed');
END;

-- Requests that came with an idempotency key: claimed before they run, answered in the transaction of their change.
CREATE TABLE idempotency_keys (
    -- A keyed hash of tenant, principal, operation and key: none of them can be read back.
    scope        BLOB PRIMARY KEY CHECK (length(scope) = 32),
    -- A keyed hash of what was asked for.
    fingerprint  BLOB NOT NULL CHECK (length(fingerprint) = 32),
    -- The request that runs, and until when nobody else may take its place.
    claim        BLOB NOT NULL CHECK (length(claim) = 16),
    claimed_until INTEGER NOT NULL,
    -- What was answered, sealed, because it may hold a secret. Absent while the request runs.
    answer       BLOB,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
