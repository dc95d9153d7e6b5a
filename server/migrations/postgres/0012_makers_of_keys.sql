-- Who made a key, which may never more than they: it rests while they are no active administrator. Keys of the operator, and those
-- from before this migration, have no maker.
ALTER TABLE api_keys ADD COLUMN maker_id bigint REFERENCES users (id);
