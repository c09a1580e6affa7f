-- The attempts of runs, and when a run was last heard of.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE run_attempts (
    run_id          uuid NOT NULL,
    attempt         smallint NOT NULL CHECK (attempt >= 0),
    -- Null until the attempt's first rows, or its start, tell.
    from_step       bigint,
    started         timestamptz,
    host            text,
    -- The lowest from_step of all later attempts, which the triggers keep: the view training_steps then looks each
    -- row up once, however often its run was resumed.
    superseded_from bigint,
    PRIMARY KEY (run_id, attempt)
);

-- Two transactions that each add an attempt of a run would not see each other's. They queue for the row of its first.
CREATE FUNCTION hyperstep_internal.lock_attempts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_attempts (run_id, attempt) VALUES (NEW.run_id, 0) ON CONFLICT DO NOTHING;
    PERFORM FROM public.run_attempts WHERE run_id = NEW.run_id AND attempt = 0 FOR UPDATE;
    RETURN NEW;
END $$;

-- Only an attempt that says where it begins supersedes others; those that nobody told of are made, since there may be
-- rows of them. Not more than 1,000: a collector tells of each attempt that it writes rows of, so that a number which is
-- none of an attempt, say a step's, makes no more rows than that.
CREATE FUNCTION hyperstep_internal.supersede_attempts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_attempts (run_id, attempt)
    SELECT NEW.run_id, earlier FROM generate_series(greatest(0, NEW.attempt - 1000), NEW.attempt - 1) AS earlier
    ON CONFLICT DO NOTHING;
    UPDATE public.run_attempts AS a SET superseded_from = later.step
    FROM (SELECT attempt, min(from_step) OVER (ORDER BY attempt DESC
                                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS step
          FROM public.run_attempts WHERE run_id = NEW.run_id) AS later
    WHERE a.run_id = NEW.run_id AND a.attempt = later.attempt AND a.superseded_from IS DISTINCT FROM later.step;
    RETURN NULL;
END $$;

-- Not for the rows that the other trigger makes: whoever makes them has the lock.
CREATE TRIGGER lock_attempts BEFORE INSERT OR UPDATE OF from_step ON run_attempts
FOR EACH ROW WHEN (NEW.attempt > 0 AND pg_trigger_depth() = 0) EXECUTE FUNCTION hyperstep_internal.lock_attempts();
CREATE TRIGGER supersede_attempts AFTER INSERT OR UPDATE OF from_step ON run_attempts
FOR EACH ROW WHEN (NEW.attempt > 0 AND NEW.from_step IS NOT NULL)
EXECUTE FUNCTION hyperstep_internal.supersede_attempts();

-- Attempts of runs that were resumed before there was this table. Run by run, with times that the planner can read: a
-- statement over all chunks would lock each of them, and a year's worth is more than a server has locks for.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT id, least(started, last_heartbeat, finished) - interval '1 day' AS since,
                    greatest(started, last_heartbeat, finished) + interval '1 day' AS until
             FROM runs WHERE attempt > 0 LOOP
        EXECUTE format(
            'INSERT INTO run_attempts (run_id, attempt, from_step)
             SELECT run_id, attempt, min(step) FROM training_metrics
             WHERE run_id = %L AND attempt > 0 AND time >= %L AND time < %L
             GROUP BY run_id, attempt',
            r.id, coalesce(r.since, '-infinity'), coalesce(r.until, 'infinity'));
    END LOOP;
END $$;

-- Of this database's clock, which is compared with no other.
ALTER TABLE runs ADD COLUMN last_seen timestamptz NOT NULL DEFAULT now();
-- Not on last_seen, which changes with each sign of life: those updates stay heap-only.
CREATE INDEX runs_running ON runs (id) WHERE status = 'running';
