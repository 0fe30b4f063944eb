-- +goose Up

-- The run that sent an entry back last, and the hash of the body that a mending
-- put beside the original.
ALTER TABLE quarantine ADD COLUMN redrive_id TEXT;
ALTER TABLE quarantine_history ADD COLUMN mended_sha256 BLOB CHECK (length(mended_sha256) = 32);

-- Runs go through entries by id: of a state, and of their own.
CREATE INDEX quarantine_state_id ON quarantine (state, id);
CREATE INDEX quarantine_redrive_id ON quarantine (redrive_id, state, id) WHERE redrive_id IS NOT NULL;

CREATE TABLE redrives (
    id         TEXT NOT NULL PRIMARY KEY,
    filter     TEXT NOT NULL CHECK (json_valid(filter)),
    cutoff     TEXT NOT NULL,
    actor      TEXT NOT NULL,
    note       TEXT,
    rate       INTEGER NOT NULL,
    total      INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    runner     TEXT NOT NULL,
    last_entry TEXT NOT NULL,
    moved      INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'done', 'cancelled')),
    began_at   TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    ended_at   TEXT
) STRICT;

CREATE INDEX redrives_began_at ON redrives (began_at, id);

-- The id names the window: source, producer, from and until. Amounts are decimal
-- text by currency: {"BRL":"451.25"}.
CREATE TABLE control_totals (
    id              TEXT NOT NULL PRIMARY KEY,
    source          TEXT,
    producer        TEXT NOT NULL,
    window_from     TEXT NOT NULL,
    window_until    TEXT NOT NULL,
    count           INTEGER NOT NULL,
    amounts         TEXT NOT NULL CHECK (json_valid(amounts)),
    fingerprint_sum BLOB NOT NULL CHECK (length(fingerprint_sum) = 32),
    queue           TEXT NOT NULL,
    position        TEXT NOT NULL,
    entry_id        TEXT,
    recorded_at     TEXT NOT NULL
) STRICT;

CREATE INDEX control_totals_window_until ON control_totals (window_until, id);

-- A rule of a table cannot be changed: the tally is made anew. It is small, and
-- no renaming touches what views of others say.
CREATE TABLE tally_before AS SELECT * FROM tally;
DROP TABLE tally;
CREATE TABLE tally (
    writer   TEXT NOT NULL,
    hour     TEXT NOT NULL,
    fate     TEXT NOT NULL CHECK (fate IN ('recorded', 'duplicate', 'quarantined', 'control')),
    reason   TEXT NOT NULL,
    currency TEXT NOT NULL,
    method   TEXT NOT NULL,
    count    INTEGER NOT NULL,
    amount   TEXT NOT NULL,
    PRIMARY KEY (writer, hour, fate, reason, currency, method)
) STRICT, WITHOUT ROWID;
INSERT INTO tally (writer, hour, fate, reason, currency, method, count, amount)
    SELECT writer, hour, fate, reason, currency, method, count, amount FROM tally_before;
DROP TABLE tally_before;
