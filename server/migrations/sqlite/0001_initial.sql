-- The first schema. Instants are milliseconds since 1970 in UTC. Ids of invitations, tokens and mails are UUIDs as 16 bytes.
-- Secrets are stored as SHA-256 digests, or sealed under the server's key where they must be readable again.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

INSERT INTO meta (name, value) VALUES ('application', 'invite-server');

-- Numbers are never given out twice, not even after a row is gone: an old reference must not reach a new row.
CREATE TABLE sequences (
    name       TEXT PRIMARY KEY,
    next_value INTEGER NOT NULL CHECK (next_value > 0)
) STRICT;

INSERT INTO sequences (name, next_value) VALUES ('organizations', 1), ('users', 1);

CREATE TABLE organizations (
    id         INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 2147483647),
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    -- Absent for a tenant.
    tenant_id  INTEGER REFERENCES organizations (id) CHECK (tenant_id <> id),
    status     TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX organizations_by_tenant ON organizations (tenant_id) WHERE tenant_id IS NOT NULL;

CREATE TABLE users (
    id               INTEGER PRIMARY KEY,
    email            TEXT NOT NULL,
    email_normalized TEXT NOT NULL UNIQUE,
    username         TEXT UNIQUE,
    display_name     TEXT NOT NULL,
    given_name       TEXT,
    family_name      TEXT,
    phone            TEXT,
    locale           TEXT NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    password_hash    TEXT,
    activated_at     INTEGER,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK (status <> 'pending' OR password_hash IS NULL),
    CHECK (status <> 'active' OR (password_hash IS NOT NULL AND activated_at IS NOT NULL))
) STRICT;

-- One row for each user and organization, whichever flows it went through. `is_admin` answers for all of them.
CREATE TABLE memberships (
    user_id            INTEGER NOT NULL REFERENCES users (id),
    organization_id    INTEGER NOT NULL REFERENCES organizations (id),
    is_admin           INTEGER NOT NULL CHECK (is_admin IN (0, 1)),
    muninx_type        TEXT CHECK (muninx_type IN ('admin', 'agent', 'customer')),
    muninx_agent_type  TEXT CHECK (muninx_agent_type IN ('human', 'ai-assisted', 'ai-autonomous')),
    kare_scope         INTEGER,
    kare_group         INTEGER,
    -- JSON arrays of integers.
    kare_read          TEXT,
    kare_manage        TEXT,
    nexus_mfa_disabled INTEGER CHECK (nexus_mfa_disabled IN (0, 1)),
    unleash_root_role  INTEGER CHECK (unleash_root_role >= 0),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    PRIMARY KEY (user_id, organization_id),
    CHECK (muninx_type IS NOT NULL OR muninx_agent_type IS NULL),
    CHECK ((muninx_type = 'customer') = (muninx_agent_type IS NULL) OR muninx_type IS NULL),
    CHECK ((kare_scope IS NULL) = (kare_group IS NULL)),
    CHECK ((kare_scope IS NULL) = (kare_read IS NULL)),
    CHECK ((kare_scope IS NULL) = (kare_manage IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_organization ON memberships (organization_id, user_id);

CREATE TABLE signup_tokens (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    sealed_secret   BLOB NOT NULL,
    name            TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    root_role       INTEGER NOT NULL CHECK (root_role >= 0),
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      INTEGER REFERENCES users (id)
) STRICT;

CREATE INDEX signup_tokens_by_organization ON signup_tokens (organization_id, id);

CREATE TABLE invitations (
    id                 BLOB PRIMARY KEY CHECK (length(id) = 16),
    -- One of the flows that the program knows; a new one is no change of the schema.
    flow               TEXT NOT NULL,
    organization_id    INTEGER NOT NULL REFERENCES organizations (id),
    user_id            INTEGER NOT NULL REFERENCES users (id),
    address            TEXT NOT NULL,
    address_normalized TEXT NOT NULL,
    inviter_id         INTEGER REFERENCES users (id),
    -- The link that somebody signed up by.
    signup_token_id    BLOB REFERENCES signup_tokens (id),
    -- A pending invitation counts as expired from expires_at on, whatever stands here.
    state              TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    delivery           TEXT NOT NULL CHECK (delivery IN ('none', 'queued', 'sent', 'failed')),
    delivery_reason    TEXT,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    closed_at          INTEGER,
    CHECK ((state = 'pending') = (closed_at IS NULL)),
    CHECK ((delivery = 'failed') = (delivery_reason IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX invitations_one_pending ON invitations (organization_id, address_normalized) WHERE state = 'pending';
CREATE INDEX invitations_by_organization ON invitations (organization_id, id);
CREATE INDEX invitations_by_user ON invitations (user_id, id);
CREATE INDEX invitations_by_signup_token ON invitations (signup_token_id, id) WHERE signup_token_id IS NOT NULL;

CREATE TABLE challenges (
    digest        BLOB PRIMARY KEY CHECK (length(digest) = 32),
    purpose       TEXT NOT NULL CHECK (purpose IN ('activation', 'kare')),
    invitation_id BLOB NOT NULL REFERENCES invitations (id),
    user_id       INTEGER NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    used_at       INTEGER,
    revoked_at    INTEGER
) STRICT;

-- One live challenge for each invitation.
CREATE UNIQUE INDEX challenges_one_live ON challenges (invitation_id) WHERE used_at IS NULL AND revoked_at IS NULL;

-- Every bearer-like credential.
CREATE TABLE api_tokens (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    kind            TEXT NOT NULL CHECK (kind IN ('personal', 'access', 'refresh', 'session', 'application', 'api_key')),
    name            TEXT NOT NULL,
    user_id         INTEGER REFERENCES users (id),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    -- Names divided by blanks.
    permissions     TEXT NOT NULL,
    session_id      BLOB CHECK (length(session_id) = 16),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    revoked_at      INTEGER,
    CHECK ((kind IN ('application', 'api_key')) = (user_id IS NULL)),
    CHECK ((kind IN ('access', 'refresh', 'session')) = (session_id IS NOT NULL))
) STRICT;

CREATE INDEX api_tokens_by_user ON api_tokens (user_id, kind, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_tokens_by_session ON api_tokens (session_id) WHERE session_id IS NOT NULL;

-- The id and secret pairs of programs, as Basic carries them.
CREATE TABLE api_keys (
    username        TEXT PRIMARY KEY,
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    permissions     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    revoked_at      INTEGER
) STRICT;

-- Mails commit with the change that they tell of. The payload is sealed, and wiped once nobody needs it.
CREATE TABLE outbox (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind          TEXT NOT NULL CHECK (kind IN ('activation', 'added_notice', 'kare_invitation')),
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

CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'queued';
CREATE INDEX outbox_by_invitation ON outbox (invitation_id) WHERE invitation_id IS NOT NULL;
