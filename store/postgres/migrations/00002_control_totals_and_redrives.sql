-- +goose Up

ALTER TABLE quarantine ADD COLUMN redrive_id text COLLATE "C";

CREATE INDEX quarantine_redrive_id ON quarantine (redrive_id, state) WHERE redrive_id IS NOT NULL;

ALTER TABLE quarantine_history ADD COLUMN mended_sha256 bytea;

ALTER TABLE tally DROP CONSTRAINT tally_fate,
    ADD CONSTRAINT tally_fate CHECK (fate IN ('recorded', 'duplicate', 'quarantined', 'control'));

-- One row for each run that sends held entries back. Its row changes with every
-- step of the run.

CREATE TABLE redrives (
    id         text COLLATE "C" NOT NULL CONSTRAINT redrives_pkey PRIMARY KEY,
    filter     text             NOT NULL,
    cutoff     timestamptz(3)   NOT NULL,
    actor      text             NOT NULL,
    note       text,
    rate       bigint           NOT NULL,
    total      bigint           NOT NULL,
    seq        bigint           NOT NULL,
    runner     text             NOT NULL,
    last_entry text COLLATE "C" NOT NULL,
    moved      bigint           NOT NULL,
    refused    bigint           NOT NULL,
    state      text COLLATE "C" NOT NULL CONSTRAINT redrives_state
               CHECK (state IN ('running', 'stopped', 'done', 'cancelled')),
    began_at   timestamptz(3)   NOT NULL,
    seen_at    timestamptz(3)   NOT NULL,
    ended_at   timestamptz(3)
) WITH (fillfactor = 50);

CREATE INDEX redrives_began_at ON redrives (began_at, id);

-- What producers say about their payments. Amounts are the text of each
-- currency's sum, which may have more digits than a number of JSON keeps.

CREATE TABLE control_totals (
    id              text COLLATE "C" NOT NULL CONSTRAINT control_totals_pkey PRIMARY KEY,
    source          text,
    producer        text             NOT NULL,
    window_from     timestamptz(3)   NOT NULL,
    window_until    timestamptz(3)   NOT NULL,
    count           bigint           NOT NULL,
    amounts         json             NOT NULL,
    fingerprint_sum bytea            NOT NULL,
    queue           text             NOT NULL,
    position        text             NOT NULL,
    entry_id        text COLLATE "C",
    recorded_at     timestamptz(3)   NOT NULL
);

CREATE INDEX control_totals_window_until ON control_totals (window_until, id);
