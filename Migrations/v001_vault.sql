-- Vault format 1. FORMAT.md says what each column holds.
-- A table has one b-tree, keyed by what its rows are looked up by: an index could be changed so that a look-up finds
-- another row than a scan, and only what is scanned is checked.
CREATE TABLE vault (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    vault_id BLOB NOT NULL CHECK (length(vault_id) = 16)
) STRICT;

CREATE TABLE keyslot (
    slot INTEGER PRIMARY KEY CHECK (slot BETWEEN 1 AND 32),
    blob BLOB NOT NULL CHECK (length(blob) = 176)
) STRICT;

CREATE TABLE keyring (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    meta BLOB NOT NULL,
    secret BLOB NOT NULL
) STRICT;

CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    meta BLOB NOT NULL,
    secret BLOB NOT NULL
) STRICT;

CREATE TABLE profile (
    id BLOB NOT NULL CHECK (length(id) = 16),
    tag BLOB PRIMARY KEY CHECK (length(tag) = 32),
    meta BLOB NOT NULL,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id BLOB NOT NULL CHECK (length(id) = 16),
    tag BLOB PRIMARY KEY CHECK (length(tag) = 32),
    meta BLOB NOT NULL,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rotation (
    id BLOB NOT NULL CHECK (length(id) = 16),
    tag BLOB NOT NULL CHECK (length(tag) = 32),
    meta BLOB NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY (tag, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    id BLOB NOT NULL CHECK (length(id) = 16),
    tag BLOB PRIMARY KEY CHECK (length(tag) = 32),
    meta BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    meta BLOB NOT NULL,
    seal BLOB NOT NULL CHECK (length(seal) = 16)
) STRICT;

CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
