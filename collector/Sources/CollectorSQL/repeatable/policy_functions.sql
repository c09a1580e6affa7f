-- What the policies of Hyperstep's own tables are changed with. TimescaleDB lets only a table's owner do that;
-- these functions run as their owner, so that a collector needs no more than leave to call them. Each takes
-- the names of Hyperstep's own tables and aggregates and no others, and returns whether it changed anything.
-- TimescaleDB's functions are called in the schema public: the migrations find them nowhere else either.
-- Repeatable: run again whenever this file changes.

CREATE OR REPLACE FUNCTION hyperstep_internal.is_managed(relation text) RETURNS boolean
LANGUAGE sql IMMUTABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(relation IN (
        'training_metrics', 'run_metrics', 'model_performance', 'latency_histogram', 'experiments',
        'system_metrics', 'service_metrics', 'service_histogram',
        'training_metrics_minutely', 'training_metrics_hourly', 'run_metrics_hourly',
        'model_monitoring_summary', 'latency_histogram_summary'), false)
$$;

-- Functions that run as their caller are for those below, which run as their owner: a collector that calls
-- them itself gains nothing.

-- Earlier releases had these with a hypertable's number in them, which is TimescaleDB's own affair.
DROP FUNCTION IF EXISTS hyperstep_internal.keep_one_job(integer, text, integer);
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_proc AS p
               WHERE p.pronamespace = 'hyperstep_internal'::regnamespace
                 AND p.proname IN ('managed_relation', 'continuous_aggregate')
                 AND 'hypertable_id' = ANY (p.proargnames)) THEN
        DROP FUNCTION IF EXISTS hyperstep_internal.managed_relation(text);
        DROP FUNCTION IF EXISTS hyperstep_internal.continuous_aggregate(text);
    END IF;
END $$;

-- Where a managed relation is, and where its rows are: a continuous aggregate's are in its materialization.
CREATE OR REPLACE FUNCTION hyperstep_internal.managed_relation(
    relation text, OUT target regclass, OUT is_continuous boolean, OUT rows_in regclass, OUT has_columnstore boolean
) LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT hyperstep_internal.is_managed(relation) THEN
        RAISE EXCEPTION '% is not a table or aggregate of Hyperstep', coalesce(quote_literal(relation), 'null')
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Give its name alone, without a schema, as the policy file does.';
    END IF;
    SELECT m.target, m.is_continuous, m.rows_in, m.has_columnstore
    INTO target, is_continuous, rows_in, has_columnstore
    FROM hyperstep_internal.managed_hypertables() AS m WHERE m.relation = managed_relation.relation
    ORDER BY m.is_continuous DESC, m.rows_namespace DESC LIMIT 1;
    IF target IS NULL THEN
        RAISE EXCEPTION '% does not exist in this database', relation
            USING ERRCODE = 'undefined_table', HINT = 'Run hyperstep-collector migrate.';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.continuous_aggregate(aggregate text) RETURNS regclass
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record := hyperstep_internal.managed_relation(aggregate);
BEGIN
    IF NOT r.is_continuous THEN
        RAISE EXCEPTION '% is not a continuous aggregate', aggregate USING ERRCODE = 'wrong_object_type';
    END IF;
    RETURN r.target;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.require_community(what text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF hyperstep_internal.edition() <> 'community' THEN
        RAISE EXCEPTION '% is not available in the Apache edition of TimescaleDB', what
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Install the Community edition, or leave this policy undeclared.';
    END IF;
END $$;

-- Raises unless smallest <= value <= largest; a null value fails as well. Compared in seconds: as intervals, a year
-- has 360 days.
CREATE OR REPLACE FUNCTION hyperstep_internal.require_within(
    what text, value interval, smallest interval, largest interval
) RETURNS void LANGUAGE plpgsql IMMUTABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres' AS $$
BEGIN
    IF value IS NULL OR NOT extract(epoch FROM value)
        BETWEEN extract(epoch FROM smallest) AND extract(epoch FROM largest) THEN
        RAISE EXCEPTION '% is %, and must be from % to %', what, coalesce(value::text, 'null'), smallest, largest
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;

-- Leaves one job of that kind for a table or aggregate, or none. A job is changed rather than made again: its
-- history and its place in the schedule stay. Returns the job that is to be checked by the caller, null if
-- one is to be added.
CREATE OR REPLACE FUNCTION hyperstep_internal.keep_one_job(
    relation text, kind text, wanted integer, OUT job_id integer, OUT deleted integer
) LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    job record;
BEGIN
    deleted := 0;
    FOR job IN
        SELECT j.job_id AS id, m.is_owners
        FROM hyperstep_internal.managed_jobs() AS m
        JOIN timescaledb_information.jobs AS j ON j.job_id = m.job_id
        WHERE m.relation = keep_one_job.relation AND j.proc_name = kind
          AND j.proc_schema IN ('_timescaledb_functions', '_timescaledb_internal')
        ORDER BY m.is_owners DESC, j.scheduled DESC, j.job_id
    LOOP
        -- A job runs as its owner: one that is left over from an earlier owner of the table would fail.
        IF keep_one_job.job_id IS NULL AND wanted > 0 AND job.is_owners THEN
            keep_one_job.job_id := job.id;
        ELSE
            PERFORM public.delete_job(job.id);
            deleted := deleted + 1;
        END IF;
    END LOOP;
END $$;

-- Gives a job these settings, and starts it if it was stopped. Returns whether it had others.
CREATE OR REPLACE FUNCTION hyperstep_internal.settle_job(
    job integer, every interval, settings jsonb, obsolete text[]
) RETURNS boolean LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres' AS $$
DECLARE
    had record;
    same boolean;
BEGIN
    SELECT j.schedule_interval, j.scheduled, j.config INTO STRICT had
    FROM timescaledb_information.jobs AS j WHERE j.job_id = job;
    -- As intervals: '24:00:00' is '1 day'.
    SELECT bool_and((had.config ->> key)::interval IS NOT DISTINCT FROM value::interval) INTO same
    FROM jsonb_each_text(settings);
    IF same AND had.scheduled AND had.schedule_interval = every AND NOT had.config ?| obsolete THEN
        RETURN false;
    END IF;
    PERFORM public.alter_job(job, schedule_interval => every, scheduled => true,
                             config => (had.config - obsolete) || settings);
    RETURN true;
END $$;

-- How often a policy looks for chunks of that age: hourly, and more often for short ones.
CREATE OR REPLACE FUNCTION hyperstep_internal.check_every(age interval) RETURNS interval
LANGUAGE sql IMMUTABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT make_interval(secs => greatest(60, least(3600, floor(extract(epoch FROM age) / 10)))::double precision)
    WHERE age IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION hyperstep_internal.set_chunk_interval(relation text, width interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record := hyperstep_internal.managed_relation(relation);
    has interval;
BEGIN
    PERFORM hyperstep_internal.require_within('the chunk interval of ' || relation, width, '1 minute', '365 days');
    SELECT d.time_interval INTO has FROM timescaledb_information.dimensions AS d
    JOIN pg_class AS c ON c.oid = r.rows_in AND c.relname = d.hypertable_name
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = d.hypertable_schema
    WHERE d.dimension_number = 1;
    -- In seconds: as intervals, a year has 360 days.
    IF extract(epoch FROM has) = extract(epoch FROM width) THEN RETURN false; END IF;
    PERFORM public.set_chunk_time_interval(r.rows_in, width);
    RETURN true;
END $$;

-- segment_by: columns, separated by commas. order_by: columns, each with asc or desc and nulls first or last
-- if need be. Empty or null: none, and TimescaleDB's own choice.
CREATE OR REPLACE FUNCTION hyperstep_internal.set_columnstore(relation text, segment_by text, order_by text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    item text;
    part text[];
    has record;
    segments text[] := '{}';
    orders text[] := '{}';
    names text[] := '{}';
    descending boolean[] := '{}';
    nulls_first boolean[] := '{}';
BEGIN
    PERFORM hyperstep_internal.require_community('the columnstore');
    r := hyperstep_internal.managed_relation(relation);
    FOR item IN SELECT btrim(i) FROM regexp_split_to_table(nullif(btrim(segment_by), ''), ',') AS i LOOP
        segments := segments || item;
    END LOOP;
    FOR item IN SELECT btrim(i) FROM regexp_split_to_table(nullif(btrim(order_by), ''), ',') AS i LOOP
        part := regexp_match(item, '^(\w+)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?$', 'i');
        IF part IS NULL THEN
            RAISE EXCEPTION '% is no column to order by, written as in "time desc"', quote_literal(item)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        names := names || part[1];
        descending := descending || (lower(part[2]) IS NOT DISTINCT FROM 'desc');
        nulls_first := nulls_first || CASE WHEN part[3] IS NULL THEN lower(part[2]) IS NOT DISTINCT FROM 'desc'
                                           ELSE lower(part[3]) = 'first' END;
        orders := orders || (quote_ident(part[1])
            || CASE WHEN lower(part[2]) = 'desc' THEN ' DESC' ELSE ' ASC' END
            || coalesce(' NULLS ' || upper(part[3]), ''));
    END LOOP;
    FOREACH item IN ARRAY segments || names LOOP
        IF NOT EXISTS (SELECT FROM pg_attribute AS a
                       WHERE a.attrelid = r.rows_in AND a.attname = item AND a.attnum > 0
                         AND NOT a.attisdropped) THEN
            RAISE EXCEPTION '% has no column %', relation, quote_literal(item)
                USING ERRCODE = 'undefined_column';
        END IF;
    END LOOP;
    IF cardinality(segments || names)
       > (SELECT count(DISTINCT c) FROM unnest(segments || names) AS c) THEN
        RAISE EXCEPTION 'a column of % is given twice to segment or order by', relation
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- TimescaleDB shows the order as text: "time" DESC NULLS LAST,step.
    SELECT coalesce(string_to_array(nullif(s.segmentby, ''), ','), '{}') AS segments,
           o.names, o.descending, o.nulls_first
    INTO has
    FROM timescaledb_information.hypertable_columnstore_settings AS s
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(p[1] ORDER BY u.n), '{}') AS names,
               coalesce(array_agg(p[2] IS NOT NULL ORDER BY u.n), '{}') AS descending,
               coalesce(array_agg(coalesce(p[3] = 'FIRST', p[2] IS NOT NULL) ORDER BY u.n), '{}') AS nulls_first
        FROM regexp_split_to_table(nullif(s.orderby, ''), ',') WITH ORDINALITY AS u (item, n)
        CROSS JOIN LATERAL regexp_match(
            btrim(u.item), '^"?(\w+)"?(?: ASC)?( DESC)?(?: NULLS (FIRST|LAST))?$') AS p) AS o
    WHERE s.hypertable = r.rows_in;
    IF FOUND AND r.has_columnstore AND has.segments = segments
       AND (names = '{}'
            OR has.names = names AND has.descending = descending AND has.nulls_first = nulls_first)
    THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'ALTER %s %s SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = %L%s)',
        CASE WHEN r.is_continuous THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, r.target,
        (SELECT coalesce(string_agg(quote_ident(c), ', ' ORDER BY n), '')
         FROM unnest(segments) WITH ORDINALITY AS u (c, n)),
        CASE WHEN names = '{}' THEN ''
             ELSE format(', timescaledb.orderby = %L', array_to_string(orders, ', ')) END);
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.set_compression(relation text, after interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    job record;
    every interval := hyperstep_internal.check_every(after);
BEGIN
    PERFORM hyperstep_internal.require_community('a compression policy');
    r := hyperstep_internal.managed_relation(relation);
    IF after IS NULL THEN
        RETURN (hyperstep_internal.keep_one_job(relation, 'policy_compression', 0)).deleted > 0;
    END IF;
    PERFORM hyperstep_internal.require_within(
        'the age of compression of ' || relation, after, '1 minute', '36525 days');
    IF NOT r.has_columnstore AND r.is_continuous THEN
        -- Segmented by what it is grouped by, which TimescaleDB knows best.
        EXECUTE format('ALTER MATERIALIZED VIEW %s SET (timescaledb.enable_columnstore = true)', r.target);
    ELSIF NOT r.has_columnstore THEN
        RAISE EXCEPTION '% has no columnstore yet', relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Call hyperstep_internal.set_columnstore first.';
    END IF;
    job := hyperstep_internal.keep_one_job(relation, 'policy_compression', 1);
    IF job.job_id IS NULL THEN
        CALL public.add_columnstore_policy(r.target, after => after, schedule_interval => every);
        RETURN true;
    END IF;
    RETURN hyperstep_internal.settle_job(
        job.job_id, every, jsonb_build_object('compress_after', after::text), '{compress_created_before}')
        OR job.deleted > 0;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.set_retention(relation text, after interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    job record;
    every interval := hyperstep_internal.check_every(after);
BEGIN
    PERFORM hyperstep_internal.require_community('a retention policy');
    r := hyperstep_internal.managed_relation(relation);
    IF after IS NULL THEN
        RETURN (hyperstep_internal.keep_one_job(relation, 'policy_retention', 0)).deleted > 0;
    END IF;
    PERFORM hyperstep_internal.require_within('the retention of ' || relation, after, '1 hour', '36525 days');
    job := hyperstep_internal.keep_one_job(relation, 'policy_retention', 1);
    IF job.job_id IS NULL THEN
        PERFORM public.add_retention_policy(r.target, drop_after => after, schedule_interval => every);
        RETURN true;
    END IF;
    RETURN hyperstep_internal.settle_job(
        job.job_id, every, jsonb_build_object('drop_after', after::text), '{drop_created_before}')
        OR job.deleted > 0;
END $$;

-- A refresh works in batches, each committed, and a real-time aggregate takes from the rows only what is newer than
-- the newest bucket computed so far. TimescaleDB begins with the newest batch: until it has come to the oldest, a
-- new aggregate lacks what lies between. Versions that know no batches ignore the setting.
CREATE OR REPLACE FUNCTION hyperstep_internal.refresh_oldest_first(job integer) RETURNS boolean
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    had jsonb := (SELECT j.config FROM timescaledb_information.jobs AS j WHERE j.job_id = job);
BEGIN
    IF had @> '{"refresh_newest_first": false}' THEN RETURN false; END IF;
    PERFORM public.alter_job(job, config => had || '{"refresh_newest_first": false}');
    RETURN true;
END $$;

-- The first refresh of an aggregate that is made from another starts 30 seconds later. If both are refreshed at the same
-- moment, this one computes buckets without the rows that its base is computing, and shows them so until its next refresh.
-- 30 seconds are enough for most bases; where they are not, the next refresh corrects the buckets.
CREATE OR REPLACE FUNCTION hyperstep_internal.refresh_after_base(job integer, target regclass) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM timescaledb_information.continuous_aggregates AS a
        JOIN timescaledb_information.continuous_aggregates AS base
            ON base.materialization_hypertable_schema = a.hypertable_schema
            AND base.materialization_hypertable_name = a.hypertable_name
        WHERE format('%I.%I', a.view_schema, a.view_name)::regclass = target
    ) THEN
        PERFORM public.alter_job(job, next_start => now() + INTERVAL '30 seconds');
    END IF;
END $$;

-- every null: no refresh at all.
CREATE OR REPLACE FUNCTION hyperstep_internal.set_refresh(
    aggregate text, start_offset interval, end_offset interval, every interval
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target regclass;
    job record;
    added integer;
BEGIN
    PERFORM hyperstep_internal.require_community('a refresh policy');
    target := hyperstep_internal.continuous_aggregate(aggregate);
    IF every IS NULL THEN
        RETURN (hyperstep_internal.keep_one_job(
            aggregate, 'policy_refresh_continuous_aggregate', 0)).deleted > 0;
    END IF;
    PERFORM hyperstep_internal.require_within(
        'the time between refreshes of ' || aggregate, every, '10 seconds', '1 year');
    PERFORM hyperstep_internal.require_within(
        'the end of the refresh of ' || aggregate, end_offset, '0', '36525 days');
    IF start_offset IS NOT NULL THEN
        PERFORM hyperstep_internal.require_within(
            'the start of the refresh of ' || aggregate, start_offset, end_offset + INTERVAL '1 minute',
            '36525 days');
    END IF;
    job := hyperstep_internal.keep_one_job(aggregate, 'policy_refresh_continuous_aggregate', 1);
    IF job.job_id IS NULL THEN
        added := public.add_continuous_aggregate_policy(
            target, start_offset => start_offset, end_offset => end_offset, schedule_interval => every);
        PERFORM hyperstep_internal.refresh_oldest_first(added);
        PERFORM hyperstep_internal.refresh_after_base(added, target);
        RETURN true;
    END IF;
    RETURN hyperstep_internal.settle_job(
        job.job_id, every,
        jsonb_build_object('start_offset', start_offset::text, 'end_offset', end_offset::text), '{}')
        OR hyperstep_internal.refresh_oldest_first(job.job_id) OR job.deleted > 0;
END $$;

CREATE OR REPLACE FUNCTION hyperstep_internal.set_realtime(aggregate text, realtime boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target regclass;
BEGIN
    PERFORM hyperstep_internal.require_community('a continuous aggregate');
    target := hyperstep_internal.continuous_aggregate(aggregate);
    IF realtime IS NULL THEN
        RAISE EXCEPTION 'whether % is real-time is null, and must be true or false', aggregate
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM hyperstep_internal.managed_hypertables() AS m
               WHERE m.relation = aggregate AND m.is_realtime = realtime) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER MATERIALIZED VIEW %s SET (timescaledb.materialized_only = %L)',
                   target, NOT realtime);
    RETURN true;
END $$;

-- Drops chunks of which every row is older, the oldest 50 at most, and returns how many: called again until it returns
-- 0 it drops all, and no transaction locks many chunks. What retention is made of where there are no policies.
CREATE OR REPLACE FUNCTION hyperstep_internal.drop_chunks_older(relation text, older interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record := hyperstep_internal.managed_relation(relation);
    before timestamptz;
BEGIN
    PERFORM hyperstep_internal.require_within('the age of chunks to drop', older, '1 hour', '36525 days');
    SELECT max(c.range_end) INTO before
    FROM (SELECT c.range_end FROM timescaledb_information.chunks AS c
          JOIN pg_class AS k ON k.oid = r.rows_in JOIN pg_namespace AS n ON n.oid = k.relnamespace
          WHERE c.hypertable_schema = n.nspname AND c.hypertable_name = k.relname AND c.range_end <= now() - older
          ORDER BY c.range_end LIMIT 50) AS c;
    IF before IS NULL THEN RETURN 0; END IF;
    RETURN (SELECT count(*) FROM public.drop_chunks(r.target, older_than => before));
END $$;

-- The functions of timescaledb.sql, which are for everybody, ask this one.
GRANT EXECUTE ON FUNCTION hyperstep_internal.is_managed(text) TO PUBLIC;

-- Everybody may call a new function until this is said.
REVOKE ALL ON FUNCTION
    hyperstep_internal.managed_relation(text),
    hyperstep_internal.continuous_aggregate(text),
    hyperstep_internal.require_community(text),
    hyperstep_internal.require_within(text, interval, interval, interval),
    hyperstep_internal.keep_one_job(text, text, integer),
    hyperstep_internal.settle_job(integer, interval, jsonb, text[]),
    hyperstep_internal.refresh_oldest_first(integer),
    hyperstep_internal.refresh_after_base(integer, regclass),
    hyperstep_internal.check_every(interval),
    hyperstep_internal.set_chunk_interval(text, interval),
    hyperstep_internal.set_columnstore(text, text, text),
    hyperstep_internal.set_compression(text, interval),
    hyperstep_internal.set_retention(text, interval),
    hyperstep_internal.set_refresh(text, interval, interval, interval),
    hyperstep_internal.set_realtime(text, boolean),
    hyperstep_internal.drop_chunks_older(text, interval)
FROM PUBLIC;
