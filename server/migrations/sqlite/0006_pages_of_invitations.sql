-- Lists of invitations and of events go page by page along an index, whatever they are filtered by.

-- The tenant that the organization is or belongs to, which never changes. No row keeps the zero: SQLite adds no column that must
-- hold something without a value for the rows that are there.
ALTER TABLE invitations ADD COLUMN tenant_id INTEGER NOT NULL DEFAULT 0;

UPDATE invitations
SET tenant_id = (SELECT COALESCE(o.tenant_id, o.id) FROM organizations o WHERE o.id = invitations.organization_id);

CREATE INDEX invitations_by_organization_and_flow ON invitations (organization_id, flow, id);
CREATE INDEX invitations_by_organization_and_state ON invitations (organization_id, state, id);
CREATE INDEX invitations_by_organization_flow_and_state ON invitations (organization_id, flow, state, id);
CREATE INDEX invitations_by_organization_and_address ON invitations (organization_id, address_normalized, id);
CREATE INDEX invitations_by_tenant ON invitations (tenant_id, id);
CREATE INDEX invitations_by_tenant_and_flow ON invitations (tenant_id, flow, id);
CREATE INDEX invitations_by_tenant_and_state ON invitations (tenant_id, state, id);
CREATE INDEX invitations_by_tenant_flow_and_state ON invitations (tenant_id, flow, state, id);
CREATE INDEX invitations_by_tenant_and_address ON invitations (tenant_id, address_normalized, id);

CREATE INDEX events_by_organization_and_kind ON events (organization_id, kind, id);
CREATE INDEX events_by_tenant_and_kind ON events (tenant_id, kind, id);
