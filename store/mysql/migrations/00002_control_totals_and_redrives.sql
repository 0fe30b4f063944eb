-- +goose Up

-- MySQL commits each change of a table by itself. A change that was made before
-- this was interrupted is left out the next time.

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'quarantine' AND COLUMN_NAME = 'redrive_id'),
    'DO 0',
    'ALTER TABLE quarantine
        ADD COLUMN redrive_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin,
        ADD KEY quarantine_redrive_id (redrive_id, state)');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'quarantine_history' AND COLUMN_NAME = 'mended_sha256'),
    'DO 0',
    'ALTER TABLE quarantine_history ADD COLUMN mended_sha256 binary(32)');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_NAME = 'tally_fate' AND CHECK_CLAUSE NOT LIKE '%control%'),
    'ALTER TABLE tally DROP /*M! CONSTRAINT */ /*!80016 CHECK */ tally_fate',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_NAME = 'tally_fate'),
    'DO 0',
    'ALTER TABLE tally ADD CONSTRAINT tally_fate CHECK (fate IN (''recorded'', ''duplicate'', ''quarantined'', ''control''))');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- One row for each run that sends held entries back. Its row changes with every
-- step of the run.

CREATE TABLE IF NOT EXISTS redrives (
    id         varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    filter     longtext     NOT NULL,
    cutoff     datetime(3)  NOT NULL,
    actor      text         NOT NULL,
    note       text,
    rate       bigint       NOT NULL,
    total      bigint       NOT NULL,
    seq        bigint       NOT NULL,
    runner     text         NOT NULL,
    last_entry varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    moved      bigint       NOT NULL,
    refused    bigint       NOT NULL,
    state      varchar(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    began_at   datetime(3)  NOT NULL,
    seen_at    datetime(3)  NOT NULL,
    ended_at   datetime(3),
    PRIMARY KEY (id),
    KEY redrives_began_at (began_at, id),
    CONSTRAINT redrives_state CHECK (state IN ('running', 'stopped', 'done', 'cancelled'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What producers say about their payments. Amounts are a JSON object with the
-- text of each currency's sum.

CREATE TABLE IF NOT EXISTS control_totals (
    id              varchar(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    source          varchar(255),
    producer        varchar(255) NOT NULL,
    window_from     datetime(3)  NOT NULL,
    window_until    datetime(3)  NOT NULL,
    count           bigint       NOT NULL,
    amounts         text         NOT NULL,
    fingerprint_sum binary(32)   NOT NULL,
    queue           text         NOT NULL,
    position        text         NOT NULL,
    entry_id        text,
    recorded_at     datetime(3)  NOT NULL,
    PRIMARY KEY (id),
    KEY control_totals_window_until (window_until, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
