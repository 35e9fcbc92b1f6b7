-- What is derived from the rows of audit, so that proofs and questions need not read them all. FORMAT.md says how each is
-- checked; nothing is believed because it stands here, and all of it can be made anew.
CREATE TABLE tile (
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
    n INTEGER NOT NULL CHECK (n >= 0),
    hashes BLOB NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_index (
    segment INTEGER PRIMARY KEY CHECK (segment >= 0),
    meta BLOB NOT NULL
) STRICT;
