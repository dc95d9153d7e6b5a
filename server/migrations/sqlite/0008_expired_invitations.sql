-- Time alone makes a pending invitation an expired one. So that lists of either stay ranges of an index, a sweep writes down
-- which ones have become too old; of those that it has not come to yet there are few, and they have an index of their own.

-- The state by which lists find the row: what stands in `state`, or `expired`.
ALTER TABLE invitations ADD COLUMN listed_as TEXT NOT NULL DEFAULT '';

UPDATE invitations SET listed_as = state;

DROP INDEX invitations_by_organization_and_state;
DROP INDEX invitations_by_organization_flow_and_state;
DROP INDEX invitations_by_tenant_and_state;
DROP INDEX invitations_by_tenant_flow_and_state;

CREATE INDEX invitations_by_organization_and_state ON invitations (organization_id, listed_as, id);
CREATE INDEX invitations_by_organization_flow_and_state ON invitations (organization_id, flow, listed_as, id);
CREATE INDEX invitations_by_tenant_and_state ON invitations (tenant_id, listed_as, id);
CREATE INDEX invitations_by_tenant_flow_and_state ON invitations (tenant_id, flow, listed_as, id);

CREATE INDEX invitations_overdue ON invitations (expires_at) WHERE listed_as = 'pending';
CREATE INDEX invitations_overdue_by_organization ON invitations (organization_id, listed_as, expires_at);
CREATE INDEX invitations_overdue_by_tenant ON invitations (tenant_id, listed_as, expires_at);
