-- Limits on how often something may happen, shared by all who serve this database. One row for each key that was counted not
-- long ago; a key is a keyed hash, so that neither an address nor a secret can be read back from it.
CREATE TABLE counts (
    scope BYTEA PRIMARY KEY CHECK (length(scope) = 32),
    -- Until when what was counted counts, in microseconds: shares of a period can be shorter than the milliseconds of other
    -- instants. A row whose instant is past says nothing any more and is swept.
    until BIGINT NOT NULL,
    -- How far that instant may be ahead, as it was when the row was written last.
    reach BIGINT NOT NULL
);

CREATE INDEX counts_by_end ON counts (until);
