-- The last that is on record of a write whose outcome is not known, and when; without a time, when it was made.
ALTER TABLE intents ADD COLUMN phase TEXT NOT NULL DEFAULT 'intended';
ALTER TABLE intents ADD COLUMN phase_ms INTEGER;

-- How often what is remembered of a tenant changed.
CREATE TABLE serials (
    tenant TEXT    NOT NULL,
    origin TEXT    NOT NULL,
    serial INTEGER NOT NULL,
    PRIMARY KEY (tenant, origin)
) STRICT, WITHOUT ROWID;

-- Of an encrypted value: its fingerprint, and since when it is that one, where that is known.
UPDATE applied SET secrets = (
    SELECT json_group_object(key, json_object('fingerprint', value)) FROM json_each(secrets)
);

-- Digests of fields have a key from now on; what was kept without one is forgotten.
UPDATE applied SET fields = '{}';

-- Deliveries: when an entry was made and when it is to be tried, whether an attempt is under way, why the last one failed.
-- `state` is `pending`, `delivered` or `dead`; `webhook` is the name of one, or the URL of a cache directive.
ALTER TABLE outbox ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN failure TEXT;
DROP INDEX outbox_pending;
CREATE INDEX outbox_undelivered ON outbox (tenant, origin, ordinal) WHERE state <> 'delivered';

-- Receivers that said that they are gone for good.
CREATE TABLE gone_receivers (
    tenant   TEXT    NOT NULL,
    origin   TEXT    NOT NULL,
    webhook  TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, origin, webhook)
) STRICT, WITHOUT ROWID;

-- Cache lookups by action.
CREATE TABLE cache_lookups (
    tenant TEXT    NOT NULL,
    origin TEXT    NOT NULL,
    action TEXT    NOT NULL,
    hits   INTEGER NOT NULL,
    misses INTEGER NOT NULL,
    PRIMARY KEY (tenant, origin, action)
) STRICT, WITHOUT ROWID;
