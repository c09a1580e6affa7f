-- Rows that were written while timescaledb.restoring was on lie in a hypertable itself, in none of its chunks.
-- Repeatable: run again whenever this file changes.

-- Brings them into chunks, and has the aggregates that the collector keeps computed anew from them; returns how many
-- they were. For a superuser, or whoever else may set timescaledb.restoring: only then can such rows be read at all.
-- Nobody else writes the table meanwhile.
CREATE OR REPLACE FUNCTION hyperstep_internal.move_rows_into_chunks(hypertable text) RETURNS bigint
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key text := CASE WHEN hypertable IN ('training_metrics', 'run_metrics') THEN 'run_id'
                     WHEN hypertable IN ('model_performance', 'latency_histogram') THEN 'model_id' END;
    moved bigint;
BEGIN
    IF NOT hyperstep_internal.is_managed(hypertable) THEN
        RAISE EXCEPTION '% is no table of Hyperstep', hypertable;
    END IF;
    IF current_setting('timescaledb.restoring')::boolean THEN
        RAISE EXCEPTION 'a restore is under way: run SELECT timescaledb_post_restore() first, and this in a new session';
    END IF;
    EXECUTE format('LOCK TABLE ONLY public.%I IN ACCESS EXCLUSIVE MODE', hypertable);
    PERFORM set_config('timescaledb.restoring', 'on', true);
    EXECUTE format('CREATE TEMP TABLE hyperstep_root_rows ON COMMIT DROP AS SELECT * FROM ONLY public.%I', hypertable);
    EXECUTE format('TRUNCATE ONLY public.%I', hypertable);
    PERFORM set_config('timescaledb.restoring', 'off', true);
    IF key IS NOT NULL THEN
        EXECUTE format(
            'SELECT hyperstep_internal.note_touched($1, array_agg(key), array_agg(minute))
             FROM (SELECT DISTINCT %I AS key, date_trunc(''minute'', time) AS minute FROM pg_temp.hyperstep_root_rows) n',
            key) USING hypertable;
    END IF;
    EXECUTE format('INSERT INTO public.%I SELECT * FROM pg_temp.hyperstep_root_rows', hypertable);
    GET DIAGNOSTICS moved = ROW_COUNT;
    DROP TABLE pg_temp.hyperstep_root_rows;
    RETURN moved;
END $$;
COMMENT ON FUNCTION hyperstep_internal.move_rows_into_chunks IS
    'Brings rows that lie in a hypertable itself into its chunks; for a superuser, after a restore during which something wrote.';
REVOKE ALL ON FUNCTION hyperstep_internal.move_rows_into_chunks(text) FROM PUBLIC;
