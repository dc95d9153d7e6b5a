-- Which tenant has locked a user out: it alone, or the operator, lets them in again. Absent where the operator has done it, and
-- where it was done before version 16.
ALTER TABLE users ADD COLUMN suspended_by INTEGER REFERENCES organizations (id);
