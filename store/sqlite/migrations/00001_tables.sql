-- +goose Up

-- Times are UTC text with milliseconds, 2026-11-23T14:15:03.123Z: they sort
-- as they stand. Amounts are decimal text with the currency's decimals,
-- 150.75; amount_minor is the same in minor units, for exact sums and
-- comparisons. NULL is absent. Text compares byte for byte.

-- An ordinary table with an index on the id: ids that are not quite in order
-- of time, as those of Pix, would scatter the rows of a table kept in the order
-- of its key.
CREATE TABLE payments (
    transaction_id TEXT NOT NULL UNIQUE,
    amount         TEXT NOT NULL,
    currency       TEXT NOT NULL,
    payer_account  TEXT NOT NULL,
    payee_account  TEXT NOT NULL,
    occurred_at    TEXT NOT NULL,
    method         TEXT NOT NULL,
    source         TEXT,
    extra          TEXT,
    fingerprint    BLOB NOT NULL,
    queue          TEXT NOT NULL,
    position       TEXT NOT NULL,
    entry_id       TEXT,
    recorded_at    TEXT NOT NULL,
    amount_minor   INTEGER GENERATED ALWAYS AS (CAST(replace(amount, '.', '') AS INTEGER)) VIRTUAL
) STRICT;

CREATE INDEX payments_occurred_at ON payments (occurred_at, transaction_id);

-- Bodies stand last, so that reading the other columns does not wade through them.
CREATE TABLE quarantine (
    id             TEXT NOT NULL PRIMARY KEY,
    reason         TEXT NOT NULL CHECK (reason IN ('malformed', 'invalid', 'conflict', 'rejected', 'too_large')),
    detail         TEXT NOT NULL,
    field_errors   TEXT CHECK (json_valid(field_errors)),
    headers        TEXT CHECK (json_valid(headers)),
    queue          TEXT NOT NULL,
    position       TEXT NOT NULL,
    transaction_id TEXT,
    amount         TEXT,
    currency       TEXT,
    seen           INTEGER NOT NULL,
    first_seen_at  TEXT NOT NULL,
    last_seen_at   TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('held', 'redriven', 'resolved', 'discarded')),
    attempt        INTEGER NOT NULL,
    truncated      INTEGER NOT NULL CHECK (truncated IN (0, 1)),
    body_size      INTEGER NOT NULL,
    body_sha256    BLOB NOT NULL,
    body           BLOB NOT NULL,
    mended_body    BLOB,
    amount_minor   INTEGER GENERATED ALWAYS AS (CAST(replace(amount, '.', '') AS INTEGER)) VIRTUAL
) STRICT;

CREATE INDEX quarantine_first_seen_at ON quarantine (first_seen_at, id);
CREATE INDEX quarantine_state ON quarantine (state, reason);
CREATE INDEX quarantine_transaction_id ON quarantine (transaction_id) WHERE transaction_id IS NOT NULL;

CREATE TABLE quarantine_history (
    line       INTEGER PRIMARY KEY,
    entry_id   TEXT NOT NULL REFERENCES quarantine (id),
    from_state TEXT,
    to_state   TEXT NOT NULL,
    attempt    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    actor      TEXT NOT NULL,
    note       TEXT,
    at         TEXT NOT NULL
) STRICT;

CREATE INDEX quarantine_history_entry_id ON quarantine_history (entry_id);

CREATE TABLE outages (
    id         TEXT NOT NULL PRIMARY KEY,
    recorder   TEXT NOT NULL,
    component  TEXT NOT NULL CHECK (component IN ('queue', 'store')),
    target     TEXT NOT NULL,
    began_at   TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    ended_at   TEXT,
    attempts   INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    closed_by  TEXT
) STRICT;

CREATE INDEX outages_began_at ON outages (began_at, id);
CREATE INDEX outages_open ON outages (began_at, id) WHERE ended_at IS NULL;

CREATE TABLE writers (
    writer     TEXT NOT NULL PRIMARY KEY,
    recorder   TEXT NOT NULL,
    host       TEXT NOT NULL,
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    seq        INTEGER NOT NULL
) STRICT;

-- Sums are decimal text too: they may outgrow 64 bits.
CREATE TABLE tally (
    writer   TEXT NOT NULL,
    hour     TEXT NOT NULL,
    fate     TEXT NOT NULL CHECK (fate IN ('recorded', 'duplicate', 'quarantined')),
    reason   TEXT NOT NULL,
    currency TEXT NOT NULL,
    method   TEXT NOT NULL,
    count    INTEGER NOT NULL,
    amount   TEXT NOT NULL,
    PRIMARY KEY (writer, hour, fate, reason, currency, method)
) STRICT, WITHOUT ROWID;
