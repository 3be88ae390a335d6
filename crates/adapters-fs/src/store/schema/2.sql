-- Before which instant a tenant asked not to be sent anything; the latest word of each.
CREATE TABLE pauses (
    tenant        TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    not_before_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, origin)
) STRICT, WITHOUT ROWID;
