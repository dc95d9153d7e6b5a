-- Whether an organization keeps an administrator is asked with each change of a person: of administrators there are few.
CREATE INDEX memberships_of_administrators ON memberships (organization_id, user_id) WHERE is_admin = TRUE AND deleted_at IS NULL;
-- Before version 14 nobody wrote whether the inviter chose the secret. What MuninX had sent until then proves nothing.
UPDATE challenges SET is_chosen = 1 WHERE used_at IS NULL AND purpose = 'activation' AND invitation_id IN
    (SELECT id FROM invitations WHERE flow = 'muninx' AND state = 'pending');
