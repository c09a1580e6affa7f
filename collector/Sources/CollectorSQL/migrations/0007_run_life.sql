-- The attempts of runs, and when a run was last heard of.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE run_attempts (
    run_id    uuid NOT NULL,
    attempt   smallint NOT NULL,
    -- Null until the attempt's first rows, or its start, tell.
    from_step bigint,
    started   timestamptz,
    host      text,
    PRIMARY KEY (run_id, attempt)
);

-- Attempts of runs that were resumed before there was this table.
INSERT INTO run_attempts (run_id, attempt, from_step)
SELECT m.run_id, m.attempt, min(m.step)
FROM runs AS r JOIN training_metrics AS m ON m.run_id = r.id
WHERE r.attempt > 0 AND m.attempt > 0
GROUP BY m.run_id, m.attempt;

-- Of this database's clock, which is compared with no other.
ALTER TABLE runs ADD COLUMN last_seen timestamptz NOT NULL DEFAULT now();
-- Not on last_seen, which changes with each sign of life: those updates stay heap-only.
CREATE INDEX runs_running ON runs (id) WHERE status = 'running';
