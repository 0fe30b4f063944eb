-- +goose Up

-- Amounts are numeric without a fixed scale: written with the currency's
-- decimals they show them, 150.75 and 1500, and sum exactly. Times are UTC to
-- the millisecond. NULL is absent. Keys compare byte for byte (COLLATE "C"),
-- whatever the database's language, so that no upgrade of the operating system
-- reorders an index. JSON is kept as it came: jsonb would refuse some events.

CREATE TABLE payments (
    transaction_id text COLLATE "C" NOT NULL CONSTRAINT payments_pkey PRIMARY KEY,
    amount         numeric          NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    payer_account  text             NOT NULL,
    payee_account  text             NOT NULL,
    occurred_at    timestamptz(3)   NOT NULL,
    method         text COLLATE "C" NOT NULL,
    source         text,
    extra          json,
    fingerprint    bytea            NOT NULL,
    queue          text             NOT NULL,
    position       text             NOT NULL,
    entry_id       text COLLATE "C",
    recorded_at    timestamptz(3)   NOT NULL
);

CREATE INDEX payments_occurred_at ON payments (occurred_at, transaction_id);

CREATE TABLE quarantine (
    id             text COLLATE "C" NOT NULL CONSTRAINT quarantine_pkey PRIMARY KEY,
    reason         text COLLATE "C" NOT NULL CONSTRAINT quarantine_reason
                   CHECK (reason IN ('malformed', 'invalid', 'conflict', 'rejected', 'too_large')),
    detail         text             NOT NULL,
    field_errors   json,
    headers        json,
    queue          text             NOT NULL,
    position       text             NOT NULL,
    transaction_id text COLLATE "C",
    amount         numeric,
    currency       text COLLATE "C",
    seen           bigint           NOT NULL,
    first_seen_at  timestamptz(3)   NOT NULL,
    last_seen_at   timestamptz(3)   NOT NULL,
    state          text COLLATE "C" NOT NULL CONSTRAINT quarantine_state
                   CHECK (state IN ('held', 'redriven', 'resolved', 'discarded')),
    attempt        bigint           NOT NULL,
    truncated      boolean          NOT NULL,
    body_size      bigint           NOT NULL,
    body_sha256    bytea            NOT NULL,
    body           bytea            NOT NULL,
    mended_body    bytea
) WITH (fillfactor = 90);

CREATE INDEX quarantine_first_seen_at ON quarantine (first_seen_at, id);
CREATE INDEX quarantine_state_reason ON quarantine (state, reason);
CREATE INDEX quarantine_transaction_id ON quarantine (transaction_id) WHERE transaction_id IS NOT NULL;

CREATE TABLE quarantine_history (
    line       bigint           GENERATED ALWAYS AS IDENTITY CONSTRAINT quarantine_history_pkey PRIMARY KEY,
    entry_id   text COLLATE "C" NOT NULL CONSTRAINT quarantine_history_entry REFERENCES quarantine (id),
    from_state text COLLATE "C",
    to_state   text COLLATE "C" NOT NULL,
    attempt    bigint           NOT NULL,
    reason     text COLLATE "C" NOT NULL,
    actor      text             NOT NULL,
    note       text,
    at         timestamptz(3)   NOT NULL
);

CREATE INDEX quarantine_history_entry_id ON quarantine_history (entry_id, line);

CREATE TABLE outages (
    id         text COLLATE "C" NOT NULL CONSTRAINT outages_pkey PRIMARY KEY,
    recorder   text             NOT NULL,
    component  text COLLATE "C" NOT NULL CONSTRAINT outages_component CHECK (component IN ('queue', 'store')),
    target     text             NOT NULL,
    began_at   timestamptz(3)   NOT NULL,
    seen_at    timestamptz(3)   NOT NULL,
    ended_at   timestamptz(3),
    attempts   bigint           NOT NULL,
    last_error text             NOT NULL,
    closed_by  text
);

CREATE INDEX outages_began_at ON outages (began_at, id);
CREATE INDEX outages_open ON outages (began_at, id) WHERE ended_at IS NULL;

-- Rows of these two change in every transaction: half-empty pages let them do
-- so in place.

CREATE TABLE writers (
    writer     text COLLATE "C" NOT NULL CONSTRAINT writers_pkey PRIMARY KEY,
    recorder   text             NOT NULL,
    host       text             NOT NULL,
    version    text             NOT NULL,
    started_at timestamptz(3)   NOT NULL,
    seen_at    timestamptz(3)   NOT NULL,
    seq        bigint           NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE tally (
    writer   text COLLATE "C" NOT NULL,
    hour     timestamptz(3)   NOT NULL,
    fate     text COLLATE "C" NOT NULL CONSTRAINT tally_fate CHECK (fate IN ('recorded', 'duplicate', 'quarantined')),
    reason   text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    method   text COLLATE "C" NOT NULL,
    count    bigint           NOT NULL,
    amount   numeric          NOT NULL,
    CONSTRAINT tally_pkey PRIMARY KEY (writer, hour, fate, reason, currency, method)
) WITH (fillfactor = 50);
