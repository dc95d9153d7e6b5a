-- Whether a mailbox is its account's: somebody has redeemed a secret that was mailed there. Whoever signs up by a link, or is let in
-- by a secret that the inviter chose, has shown nothing of the kind.
ALTER TABLE users ADD COLUMN address_proven_at BIGINT;
ALTER TABLE challenges ADD COLUMN is_chosen BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET address_proven_at = activated_at WHERE NOT EXISTS
    (SELECT 1 FROM invitations i WHERE i.user_id = users.id AND i.signup_token_id IS NOT NULL);
