-- The keys that an account has made are asked for whenever it changes.
CREATE INDEX api_keys_by_maker ON api_keys (maker_id, username) WHERE maker_id IS NOT NULL AND revoked_at IS NULL;
