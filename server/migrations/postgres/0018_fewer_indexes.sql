-- Lists join the newest invitations of each flow and state, for which one index is enough, in an organization and in a tenant; those of
-- an address are found in the tenant, and those that are overdue among the few that are so anywhere. Each index less makes every
-- invitation cheaper to write.
DROP INDEX invitations_by_organization;
DROP INDEX invitations_by_organization_and_flow;
DROP INDEX invitations_by_organization_and_state;
DROP INDEX invitations_by_organization_and_address;
DROP INDEX invitations_by_tenant;
DROP INDEX invitations_by_tenant_and_flow;
DROP INDEX invitations_by_tenant_and_state;
DROP INDEX invitations_overdue_by_organization;
DROP INDEX invitations_overdue_by_tenant;
