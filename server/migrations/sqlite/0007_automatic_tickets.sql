-- Whether a user is given tickets automatically. Absent where the flow's type is.
ALTER TABLE memberships ADD COLUMN muninx_auto_assign INTEGER CHECK (muninx_auto_assign IN (0, 1));

UPDATE memberships SET muninx_auto_assign = 0 WHERE muninx_type IS NOT NULL;
