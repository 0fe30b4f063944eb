-- +goose Up

-- Amounts are decimal text with the currency's decimals, 150.75 and 1500, as a
-- DECIMAL column would show the same number of decimals for all; amount_minor
-- is the same in minor units, for exact sums and comparisons (SUM of a text is a
-- float). Times are UTC to the millisecond. NULL is absent. Text compares byte
-- for byte. JSON is kept as it came: the type JSON would refuse some events, and
-- round numbers of others.

CREATE TABLE IF NOT EXISTS payments (
    transaction_id varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount         varchar(20)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency       varchar(3)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payer_account  varchar(255) NOT NULL,
    payee_account  varchar(255) NOT NULL,
    occurred_at    datetime(3)  NOT NULL,
    method         varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    source         varchar(255),
    extra          longtext,
    fingerprint    binary(32)   NOT NULL,
    queue          text         NOT NULL,
    position       text         NOT NULL,
    entry_id       text,
    recorded_at    datetime(3)  NOT NULL,
    amount_minor   bigint       GENERATED ALWAYS AS (CAST(REPLACE(amount, '.', '') AS signed)) VIRTUAL,
    PRIMARY KEY (transaction_id),
    KEY payments_occurred_at (occurred_at, transaction_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS quarantine (
    id             varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason         varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    detail         text         NOT NULL,
    field_errors   longtext,
    headers        longtext,
    queue          text         NOT NULL,
    position       text         NOT NULL,
    transaction_id text,
    amount         varchar(20)  CHARACTER SET ascii COLLATE ascii_bin,
    currency       varchar(3)   CHARACTER SET ascii COLLATE ascii_bin,
    seen           bigint       NOT NULL,
    first_seen_at  datetime(3)  NOT NULL,
    last_seen_at   datetime(3)  NOT NULL,
    state          varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempt        bigint       NOT NULL,
    truncated      boolean      NOT NULL,
    body_size      bigint       NOT NULL,
    body_sha256    binary(32)   NOT NULL,
    body           longblob     NOT NULL,
    mended_body    longblob,
    amount_minor   bigint       GENERATED ALWAYS AS (CAST(REPLACE(amount, '.', '') AS signed)) VIRTUAL,
    PRIMARY KEY (id),
    KEY quarantine_first_seen_at (first_seen_at, id),
    KEY quarantine_state_reason (state, reason),
    KEY quarantine_transaction_id (transaction_id(64)),
    CONSTRAINT quarantine_reason CHECK (reason IN ('malformed', 'invalid', 'conflict', 'rejected', 'too_large')),
    CONSTRAINT quarantine_state CHECK (state IN ('held', 'redriven', 'resolved', 'discarded'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS quarantine_history (
    line       bigint       NOT NULL AUTO_INCREMENT,
    entry_id   varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    from_state varchar(16)  CHARACTER SET ascii COLLATE ascii_bin,
    to_state   varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempt    bigint       NOT NULL,
    reason     varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor      text         NOT NULL,
    note       text,
    at         datetime(3)  NOT NULL,
    PRIMARY KEY (line),
    KEY quarantine_history_entry_id (entry_id, line),
    CONSTRAINT quarantine_history_entry FOREIGN KEY (entry_id) REFERENCES quarantine (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS outages (
    id         varchar(255) NOT NULL,
    recorder   text         NOT NULL,
    component  varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    target     text         NOT NULL,
    began_at   datetime(3)  NOT NULL,
    seen_at    datetime(3)  NOT NULL,
    ended_at   datetime(3),
    attempts   bigint       NOT NULL,
    last_error text         NOT NULL,
    closed_by  text,
    PRIMARY KEY (id),
    KEY outages_began_at (began_at, id),
    KEY outages_ended_at (ended_at, began_at),
    CONSTRAINT outages_component CHECK (component IN ('queue', 'store'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS writers (
    writer     varchar(255) NOT NULL,
    recorder   text         NOT NULL,
    host       text         NOT NULL,
    version    text         NOT NULL,
    started_at datetime(3)  NOT NULL,
    seen_at    datetime(3)  NOT NULL,
    seq        bigint       NOT NULL,
    PRIMARY KEY (writer)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tally (
    writer   varchar(255) NOT NULL,
    hour     datetime(3)  NOT NULL,
    fate     varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason   varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency varchar(3)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    method   varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    count    bigint       NOT NULL,
    amount   varchar(48)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (writer, hour, fate, reason, currency, method),
    CONSTRAINT tally_fate CHECK (fate IN ('recorded', 'duplicate', 'quarantined'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
