-- What the collector does where TimescaleDB's edition has no jobs, and how it went.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE hyperstep_internal.maintenance (
    task         text PRIMARY KEY,
    last_start   timestamptz,
    last_success timestamptz,
    -- Of the last run; null if it succeeded.
    last_error   text,
    runs         bigint NOT NULL DEFAULT 0,
    failures     bigint NOT NULL DEFAULT 0,
    next_start   timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE hyperstep_internal.maintenance IS
    'What the collector does on a schedule where TimescaleDB''s edition has no jobs: one row for each refresh and retention.';
