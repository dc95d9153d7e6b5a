-- What the key of a program is for, in its maker's words.
ALTER TABLE api_keys ADD COLUMN description TEXT;
