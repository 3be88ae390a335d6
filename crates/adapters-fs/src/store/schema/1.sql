CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What was last applied: digests and fingerprints by field, as JSON objects.
CREATE TABLE applied (
    tenant  TEXT    NOT NULL,
    origin  TEXT    NOT NULL,
    address TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    fields  TEXT    NOT NULL,
    secrets TEXT    NOT NULL,
    protect INTEGER NOT NULL,
    PRIMARY KEY (tenant, origin, address)
) STRICT, WITHOUT ROWID;

-- Writes whose outcome is not known; `ordinal` tells which is older.
CREATE TABLE intents (
    ordinal      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    operation_id TEXT    NOT NULL,
    run          TEXT    NOT NULL,
    operation    TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    id           TEXT,
    key          TEXT,
    payload      TEXT    NOT NULL,
    base_tag     TEXT,
    created_ms   INTEGER NOT NULL,
    UNIQUE (tenant, origin, operation_id)
) STRICT;

-- The audit records of all tenants: one chain.
CREATE TABLE audit_records (
    seq  INTEGER PRIMARY KEY CHECK (seq > 0),
    line TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- Events for webhooks; `state` is `pending` or `delivered`.
CREATE TABLE outbox (
    ordinal  INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT    NOT NULL,
    origin   TEXT    NOT NULL,
    id       TEXT    NOT NULL UNIQUE,
    webhook  TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outbox_pending ON outbox (tenant, origin, ordinal) WHERE state = 'pending';
