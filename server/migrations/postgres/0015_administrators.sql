-- Whether an organization keeps an administrator is asked with each change of a person: of administrators there are few.
CREATE INDEX memberships_of_administrators ON memberships (organization_id, user_id) WHERE is_admin AND deleted_at IS NULL;
-- A server of before version 14 does not write whether its inviter chose the secret. Then it proves nothing.
ALTER TABLE challenges ALTER COLUMN is_chosen SET DEFAULT TRUE;
UPDATE challenges SET is_chosen = TRUE WHERE used_at IS NULL AND purpose = 'activation' AND invitation_id IN
    (SELECT id FROM invitations WHERE flow = 'muninx' AND state = 'pending');
