-- The schema as the first nine migrations of SQLite leave it: tables, columns, checks and indexes are the same, so that the
-- statements are. Later migrations have one file for each engine, under one number.
--
-- Instants are milliseconds since 1970 in UTC. Texts compare by bytes, as in SQLite. Secrets are stored as SHA-256 digests, or
-- sealed under the server's key where they must be readable again.

CREATE TABLE meta (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

INSERT INTO meta (name, value) VALUES ('application', 'invite-server');

-- Numbers are never given out twice. Sequences leave gaps where a transaction is undone, and hold up nobody.
CREATE SEQUENCE organization_numbers AS INTEGER;
CREATE SEQUENCE user_numbers;

CREATE TABLE organizations (
    id           INTEGER PRIMARY KEY CHECK (id >= 1),
    slug         TEXT COLLATE "C" NOT NULL UNIQUE,
    name         TEXT COLLATE "C" NOT NULL,
    -- Absent for a tenant.
    tenant_id    INTEGER REFERENCES organizations (id) CHECK (tenant_id <> id),
    status       TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at   BIGINT NOT NULL,
    -- What a tenant writes down about its customer organizations.
    external_ref TEXT COLLATE "C",
    notes        TEXT COLLATE "C",
    updated_at   BIGINT NOT NULL
);

CREATE INDEX organizations_by_tenant ON organizations (tenant_id) WHERE tenant_id IS NOT NULL;

-- A domain belongs to one customer organization of a tenant.
CREATE TABLE organization_domains (
    tenant_id       INTEGER NOT NULL REFERENCES organizations (id),
    -- In lower case.
    domain          TEXT COLLATE "C" NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (tenant_id, domain)
);

CREATE TABLE users (
    id               BIGINT PRIMARY KEY,
    email            TEXT COLLATE "C" NOT NULL,
    email_normalized TEXT COLLATE "C" NOT NULL UNIQUE,
    username         TEXT COLLATE "C" UNIQUE,
    display_name     TEXT COLLATE "C" NOT NULL,
    given_name       TEXT COLLATE "C",
    family_name      TEXT COLLATE "C",
    phone            TEXT COLLATE "C",
    locale           TEXT COLLATE "C" NOT NULL,
    status           TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    password_hash    TEXT COLLATE "C",
    activated_at     BIGINT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    CHECK (status <> 'pending' OR password_hash IS NULL),
    CHECK (status <> 'active' OR (password_hash IS NOT NULL AND activated_at IS NOT NULL))
);

-- One row for each user and organization, whichever flows it went through. `is_admin` answers for all of them.
CREATE TABLE memberships (
    user_id            BIGINT NOT NULL REFERENCES users (id),
    organization_id    INTEGER NOT NULL REFERENCES organizations (id),
    is_admin           BOOLEAN NOT NULL,
    muninx_type        TEXT COLLATE "C" CHECK (muninx_type IN ('admin', 'agent', 'customer')),
    muninx_agent_type  TEXT COLLATE "C" CHECK (muninx_agent_type IN ('human', 'ai-assisted', 'ai-autonomous')),
    kare_scope         INTEGER,
    kare_group         BIGINT,
    -- JSON arrays of integers.
    kare_read          TEXT COLLATE "C",
    kare_manage        TEXT COLLATE "C",
    nexus_mfa_disabled BOOLEAN,
    unleash_root_role  INTEGER CHECK (unleash_root_role >= 0),
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    deleted_at         BIGINT,
    -- Whether the user is given tickets automatically. Absent where the flow's type is.
    muninx_auto_assign BOOLEAN,
    PRIMARY KEY (user_id, organization_id),
    CHECK (muninx_type IS NOT NULL OR muninx_agent_type IS NULL),
    CHECK ((muninx_type = 'customer') = (muninx_agent_type IS NULL) OR muninx_type IS NULL),
    CHECK ((kare_scope IS NULL) = (kare_group IS NULL)),
    CHECK ((kare_scope IS NULL) = (kare_read IS NULL)),
    CHECK ((kare_scope IS NULL) = (kare_manage IS NULL))
);

CREATE INDEX memberships_by_organization ON memberships (organization_id, user_id);

CREATE TABLE signup_tokens (
    id              UUID PRIMARY KEY,
    digest          BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    sealed_secret   BYTEA NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    root_role       INTEGER NOT NULL CHECK (root_role >= 0),
    enabled         BOOLEAN NOT NULL,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    created_by      BIGINT REFERENCES users (id)
);

CREATE INDEX signup_tokens_by_organization ON signup_tokens (organization_id, id);

CREATE TABLE invitations (
    id                 UUID PRIMARY KEY,
    -- One of the flows that the program knows; a new one is no change of the schema.
    flow               TEXT COLLATE "C" NOT NULL,
    organization_id    INTEGER NOT NULL REFERENCES organizations (id),
    user_id            BIGINT NOT NULL REFERENCES users (id),
    address            TEXT COLLATE "C" NOT NULL,
    address_normalized TEXT COLLATE "C" NOT NULL,
    inviter_id         BIGINT REFERENCES users (id),
    -- The link that somebody signed up by.
    signup_token_id    UUID REFERENCES signup_tokens (id),
    -- A pending invitation counts as expired from expires_at on, whatever stands here.
    state              TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    delivery           TEXT COLLATE "C" NOT NULL CHECK (delivery IN ('none', 'queued', 'sent', 'failed')),
    delivery_reason    TEXT COLLATE "C",
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    closed_at          BIGINT,
    -- The tenant that the organization is or belongs to, which never changes.
    tenant_id          INTEGER NOT NULL,
    -- The state by which lists find the row: what stands in `state`, or `expired`.
    listed_as          TEXT COLLATE "C" NOT NULL DEFAULT '',
    CHECK ((state = 'pending') = (closed_at IS NULL)),
    CHECK ((delivery = 'failed') = (delivery_reason IS NOT NULL))
);

CREATE UNIQUE INDEX invitations_one_pending ON invitations (organization_id, address_normalized) WHERE state = 'pending';
CREATE INDEX invitations_by_organization ON invitations (organization_id, id);
CREATE INDEX invitations_by_user ON invitations (user_id, id);
CREATE INDEX invitations_by_signup_token ON invitations (signup_token_id, id) WHERE signup_token_id IS NOT NULL;

-- Lists of invitations go page by page along an index, whatever they are filtered by.
CREATE INDEX invitations_by_organization_and_flow ON invitations (organization_id, flow, id);
CREATE INDEX invitations_by_organization_and_state ON invitations (organization_id, listed_as, id);
CREATE INDEX invitations_by_organization_flow_and_state ON invitations (organization_id, flow, listed_as, id);
CREATE INDEX invitations_by_organization_and_address ON invitations (organization_id, address_normalized, id);
CREATE INDEX invitations_by_tenant ON invitations (tenant_id, id);
CREATE INDEX invitations_by_tenant_and_flow ON invitations (tenant_id, flow, id);
CREATE INDEX invitations_by_tenant_and_state ON invitations (tenant_id, listed_as, id);
CREATE INDEX invitations_by_tenant_flow_and_state ON invitations (tenant_id, flow, listed_as, id);
CREATE INDEX invitations_by_tenant_and_address ON invitations (tenant_id, address_normalized, id);
CREATE INDEX invitations_overdue ON invitations (expires_at) WHERE listed_as = 'pending';
CREATE INDEX invitations_overdue_by_organization ON invitations (organization_id, listed_as, expires_at);
CREATE INDEX invitations_overdue_by_tenant ON invitations (tenant_id, listed_as, expires_at);

CREATE TABLE challenges (
    digest        BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    purpose       TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('activation', 'kare')),
    invitation_id UUID NOT NULL REFERENCES invitations (id),
    user_id       BIGINT NOT NULL REFERENCES users (id),
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT,
    revoked_at    BIGINT
);

-- One live challenge for each invitation.
CREATE UNIQUE INDEX challenges_one_live ON challenges (invitation_id) WHERE used_at IS NULL AND revoked_at IS NULL;

-- Every bearer-like credential.
CREATE TABLE api_tokens (
    id              UUID PRIMARY KEY,
    digest          BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    kind            TEXT COLLATE "C" NOT NULL
                    CHECK (kind IN ('personal', 'access', 'refresh', 'session', 'application', 'api_key')),
    name            TEXT COLLATE "C" NOT NULL,
    user_id         BIGINT REFERENCES users (id),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    -- Names divided by blanks.
    permissions     TEXT COLLATE "C" NOT NULL,
    session_id      UUID,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT,
    CHECK ((kind IN ('application', 'api_key')) = (user_id IS NULL)),
    CHECK ((kind IN ('access', 'refresh', 'session')) = (session_id IS NOT NULL))
);

CREATE INDEX api_tokens_by_user ON api_tokens (user_id, kind, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_tokens_by_session ON api_tokens (session_id) WHERE session_id IS NOT NULL;

-- The id and secret pairs of programs, as Basic carries them.
CREATE TABLE api_keys (
    username        TEXT COLLATE "C" PRIMARY KEY,
    digest          BYTEA NOT NULL CHECK (length(digest) = 32),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    permissions     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT,
    -- What it is for, in its maker's words.
    description     TEXT COLLATE "C"
);

-- Mails commit with the change that they tell of. The payload is sealed, and wiped once nobody needs it.
CREATE TABLE outbox (
    id            UUID PRIMARY KEY,
    -- One of the kinds that the program knows.
    kind          TEXT COLLATE "C" NOT NULL,
    recipient     TEXT COLLATE "C" NOT NULL,
    payload       BYTEA,
    invitation_id UUID REFERENCES invitations (id),
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'dead', 'withdrawn')),
    attempts      BIGINT NOT NULL CHECK (attempts >= 0),
    queued_at     BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    lease_until   BIGINT,
    closed_at     BIGINT,
    last_error    TEXT COLLATE "C",
    CHECK ((state IN ('sent', 'withdrawn')) = (payload IS NULL)),
    CHECK ((state = 'queued') = (closed_at IS NULL))
);

CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'queued';
CREATE INDEX outbox_by_invitation ON outbox (invitation_id) WHERE invitation_id IS NOT NULL;
CREATE INDEX outbox_by_state ON outbox (state, id);

-- The audit log. Rows are never changed or removed: the triggers hold that against every program, not only this one.
CREATE TABLE events (
    id              UUID PRIMARY KEY,
    -- The organization in whose log it stands, and its tenant, whose admins see it too.
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    tenant_id       INTEGER NOT NULL REFERENCES organizations (id),
    -- Kinds, performers and subjects are words that the program knows; a new one is no change of the schema.
    kind            TEXT COLLATE "C" NOT NULL,
    performer_kind  TEXT COLLATE "C" NOT NULL,
    performer_id    TEXT COLLATE "C",
    subject_kind    TEXT COLLATE "C" NOT NULL,
    subject_id      TEXT COLLATE "C" NOT NULL,
    user_id         BIGINT,
    request_id      UUID,
    -- The address of the client.
    address         TEXT COLLATE "C",
    at              BIGINT NOT NULL
);

CREATE INDEX events_by_organization ON events (organization_id, id);
CREATE INDEX events_by_tenant ON events (tenant_id, id);
CREATE INDEX events_by_organization_and_kind ON events (organization_id, kind, id);
CREATE INDEX events_by_tenant_and_kind ON events (tenant_id, kind, id);

CREATE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are neither changed nor removed';
END
$$;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_stay();
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_stay();
CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_stay();

-- Requests that came with an idempotency key: claimed before they run, answered in the transaction of their change.
CREATE TABLE idempotency_keys (
    -- A keyed hash of tenant, principal, operation and key: none of them can be read back.
    scope         BYTEA PRIMARY KEY CHECK (length(scope) = 32),
    -- A keyed hash of what was asked for.
    fingerprint   BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    -- The request that runs, and until when nobody else may take its place.
    claim         UUID NOT NULL,
    claimed_until BIGINT NOT NULL,
    -- What was answered, sealed, because it may hold a secret. Absent while the request runs.
    answer        BYTEA,
    expires_at    BIGINT NOT NULL
);

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

-- Imports: many invitations as one job. A process leases a job for a while, and the result of a row commits with its change.
CREATE TABLE imports (
    id               UUID PRIMARY KEY,
    -- What its maker calls it.
    reference        TEXT COLLATE "C" NOT NULL,
    organization_id  INTEGER NOT NULL REFERENCES organizations (id),
    filename         TEXT COLLATE "C" NOT NULL,
    -- Who made it: their right is looked at again with every batch.
    performer_kind   TEXT COLLATE "C" NOT NULL,
    performer_id     TEXT COLLATE "C",
    notified_user_id BIGINT REFERENCES users (id),
    request_id       UUID,
    address          TEXT COLLATE "C",
    state            TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
    reason           TEXT COLLATE "C",
    total            BIGINT NOT NULL CHECK (total >= 0),
    invited          BIGINT NOT NULL DEFAULT 0,
    added            BIGINT NOT NULL DEFAULT 0,
    already_member   BIGINT NOT NULL DEFAULT 0,
    duplicate        BIGINT NOT NULL DEFAULT 0,
    invalid          BIGINT NOT NULL DEFAULT 0,
    created_at       BIGINT NOT NULL,
    ended_at         BIGINT,
    -- Whose turn it is, and until when nobody else may take it.
    lease            UUID,
    lease_until      BIGINT,
    UNIQUE (organization_id, reference),
    CHECK ((state = 'running') = (ended_at IS NULL)),
    CHECK ((state = 'stopped') = (reason IS NOT NULL))
);

CREATE INDEX imports_running ON imports (id) WHERE state = 'running';

CREATE TABLE import_rows (
    import_id          UUID NOT NULL REFERENCES imports (id),
    number             BIGINT NOT NULL CHECK (number >= 0),
    email_address      TEXT COLLATE "C" NOT NULL,
    -- What was asked for, until the row is done.
    display_name       TEXT COLLATE "C",
    given_name         TEXT COLLATE "C",
    family_name        TEXT COLLATE "C",
    mfa_disabled       BOOLEAN,
    make_admin         BOOLEAN,
    -- Absent until the row is done.
    result             TEXT COLLATE "C" CHECK (result IN ('invited', 'added', 'already_member', 'duplicate', 'invalid')),
    address_normalized TEXT COLLATE "C",
    user_id            BIGINT REFERENCES users (id),
    reason             TEXT COLLATE "C",
    detail             TEXT COLLATE "C",
    field              TEXT COLLATE "C",
    PRIMARY KEY (import_id, number),
    CHECK ((result = 'invalid') = (reason IS NOT NULL) OR result IS NULL),
    CHECK ((reason IS NULL) = (detail IS NULL))
);

CREATE INDEX import_rows_waiting ON import_rows (import_id, number) WHERE result IS NULL;
CREATE UNIQUE INDEX import_rows_by_address ON import_rows (import_id, address_normalized)
    WHERE address_normalized IS NOT NULL;
