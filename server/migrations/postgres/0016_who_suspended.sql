-- Which tenant has locked a user out: it alone, or the operator, lets them in again. Absent where the operator has done it, and
-- where it was done before version 16.
ALTER TABLE users ADD COLUMN suspended_by INTEGER REFERENCES organizations (id);

-- A server of before version 16 lets users in without a word of who had locked them out, and locks them out again without one.
CREATE FUNCTION users_are_let_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.suspended_by := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER users_are_let_in BEFORE UPDATE OF status ON users FOR EACH ROW
    WHEN (NEW.status <> 'suspended' AND NEW.suspended_by IS NOT NULL) EXECUTE FUNCTION users_are_let_in();
