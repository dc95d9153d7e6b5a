-- What a tenant writes down about its customer organizations.
ALTER TABLE organizations ADD COLUMN external_ref TEXT;
ALTER TABLE organizations ADD COLUMN notes TEXT;
-- No row keeps the zero: SQLite adds no column that must be filled and has no default.
ALTER TABLE organizations ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

UPDATE organizations SET updated_at = created_at;

-- A domain belongs to one customer organization of a tenant.
CREATE TABLE organization_domains (
    tenant_id       INTEGER NOT NULL REFERENCES organizations (id),
    -- In lower case.
    domain          TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (tenant_id, domain)
) STRICT, WITHOUT ROWID;
