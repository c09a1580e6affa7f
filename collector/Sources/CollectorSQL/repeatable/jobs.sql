-- What a collector needs to do the work of Hyperstep's own jobs where TimescaleDB's scheduler does not. Each function
-- runs as its owner, takes the names of Hyperstep's own tables, aggregates and jobs and no others, and lets a collector
-- do nothing that it cannot have done by setting a policy.
-- A refresh is not among them: it commits, which a function that runs as its owner cannot.
-- Repeatable: run again whenever this file changes.

-- Hyperstep's own jobs and how TimescaleDB's scheduler left them. Errors are shown to the owner of a job alone, and
-- whether one runs.
CREATE OR REPLACE FUNCTION hyperstep_internal.own_jobs()
RETURNS TABLE (job_id integer, kind name, relation text, is_scheduled boolean, every double precision,
               last_start timestamptz, next_start timestamptz, is_running boolean, did_succeed boolean, error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT j.job_id, j.proc_name, o.relation, j.scheduled, extract(epoch FROM j.schedule_interval)::double precision,
           nullif(s.last_run_started_at, '-infinity'), nullif(s.next_start, '-infinity'),
           coalesce(s.job_status = 'Running', false), s.last_run_status = 'Success', e.err_message
    FROM hyperstep_internal.managed_jobs() AS o
    JOIN timescaledb_information.jobs AS j ON j.job_id = o.job_id
    LEFT JOIN timescaledb_information.job_stats AS s ON s.job_id = j.job_id
    LEFT JOIN LATERAL (
        SELECT r.err_message FROM timescaledb_information.job_errors AS r
        WHERE r.job_id = j.job_id ORDER BY r.start_time DESC LIMIT 1) AS e ON s.last_run_status = 'Failed'
    WHERE j.proc_name IN ('policy_compression', 'policy_retention', 'policy_refresh_continuous_aggregate')
$$;

-- The chunks of that age that are not in the columnstore, or not wholly, the oldest first.
CREATE OR REPLACE FUNCTION hyperstep_internal.chunks_to_compress(relation text, age interval)
RETURNS SETOF regclass
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    PERFORM hyperstep_internal.require_community('the columnstore');
    r := hyperstep_internal.managed_relation(relation);
    RETURN QUERY
        SELECT c.chunk FROM public.show_chunks(r.rows_in, older_than => age) WITH ORDINALITY AS c (chunk, place)
        WHERE NOT hyperstep_internal.is_in_columnstore(c.chunk) ORDER BY c.place;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.compress_one_chunk(relation text, chunk regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    PERFORM hyperstep_internal.require_community('the columnstore');
    r := hyperstep_internal.managed_relation(relation);
    IF NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = chunk AND i.inhparent = r.rows_in) THEN
        RAISE EXCEPTION '% is no chunk of %', coalesce(chunk::text, 'null'), relation
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM public.compress_chunk(chunk);
END $$;

-- Has TimescaleDB's scheduler start one of Hyperstep's own jobs now. Returns whether there is such a job.
CREATE OR REPLACE FUNCTION hyperstep_internal.start_job(job integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hyperstep_internal.own_jobs() AS o WHERE o.job_id = job AND o.is_scheduled) THEN
        RETURN false;
    END IF;
    PERFORM public.alter_job(job, next_start => now());
    RETURN true;
END $$;

-- Everybody may call a new function until this is said.
REVOKE ALL ON FUNCTION
    hyperstep_internal.own_jobs(),
    hyperstep_internal.chunks_to_compress(text, interval),
    hyperstep_internal.compress_one_chunk(text, regclass),
    hyperstep_internal.start_job(integer)
FROM PUBLIC;
