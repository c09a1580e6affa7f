-- Functions around the aggregates. Repeatable: run again whenever this file changes.

-- What public's functions and the aggregates' columns refer to has to be found by those who may query them.
-- The tables in it are granted to nobody by this.
GRANT USAGE ON SCHEMA hyperstep_internal TO PUBLIC;

COMMENT ON TABLE hyperstep_internal.kept_aggregates IS
    'The aggregates that the collector keeps itself, because the edition has no continuous aggregates.';
COMMENT ON COLUMN hyperstep_internal.kept_aggregates.base IS 'The aggregate it is made from; null: rows.';
COMMENT ON COLUMN hyperstep_internal.kept_aggregates.input_retention IS
    'How long what it is made from is kept; null: for ever.';
COMMENT ON COLUMN hyperstep_internal.kept_aggregates.complete_from IS
    'Buckets that begin earlier are history: what they were made from may be gone, so they are never computed again.';
COMMENT ON TABLE hyperstep_internal.touched_buckets IS
    'Minutes whose rows changed since they were taken into the aggregates that the collector keeps.';
COMMENT ON COLUMN hyperstep_internal.touched_buckets.key IS 'The run or the model, as the table has it.';

-- Called in the transaction that writes the rows. A note is inserted, or one that is there already is held
-- until this transaction ends: the refresher cannot take it before it sees the rows. Nobody waits for anybody.
CREATE OR REPLACE FUNCTION hyperstep_internal.note_touched(source text, keys uuid[], minutes timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- Writers have this lock from their COPY. For a caller who writes the rows afterwards it orders this
    -- transaction and the creation of an aggregate all the same. Not of its chunks, which may be thousands.
    EXECUTE format('LOCK TABLE ONLY public.%I IN ROW EXCLUSIVE MODE', $1);
    INSERT INTO hyperstep_internal.touched_buckets (source, key, bucket)
    SELECT $1, n.key, n.minute
    FROM (SELECT DISTINCT u.key, public.time_bucket(INTERVAL '1 minute', u.minute) AS minute
          FROM unnest($2, $3) AS u (key, minute)) n
    WHERE EXISTS (SELECT FROM hyperstep_internal.kept_aggregates k
                  WHERE k.source = $1 AND k.base IS NULL
                    AND public.time_bucket(k.width, n.minute) >= k.complete_from)
      AND NOT EXISTS (SELECT FROM hyperstep_internal.touched_buckets t
                      WHERE t.source = $1 AND t.key = n.key AND t.bucket = n.minute
                      FOR KEY SHARE SKIP LOCKED);
END $$;
COMMENT ON FUNCTION hyperstep_internal.note_touched IS
    'Notes which minutes of which run or model have new rows; to be called in the transaction that writes them.';

-- To be called in the transaction that drops rows, before it does.
CREATE OR REPLACE FUNCTION hyperstep_internal.note_dropped(relation text, before timestamptz)
RETURNS void LANGUAGE sql AS $$
    UPDATE hyperstep_internal.kept_aggregates
    SET complete_from = before
    WHERE complete_from < before AND (base = relation OR base IS NULL AND source = relation)
$$;
COMMENT ON FUNCTION hyperstep_internal.note_dropped IS
    'Has the aggregates made from a table or an aggregate keep what they have of the time before, as its rows are being dropped.';

CREATE OR REPLACE FUNCTION hyperstep_internal.bucket_width(aggregate text)
RETURNS interval LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- In seconds: a day added to a time is one of 24 hours then, whatever the session's time zone.
    RETURN make_interval(secs => extract(epoch FROM coalesce(
        (SELECT k.width FROM hyperstep_internal.kept_aggregates k WHERE k.aggregate = $1),
        -- What the aggregate is computed by begins so: SELECT time_bucket('00:01:00'::interval, "time") AS bucket
        (SELECT substring(c.view_definition FROM 'time_bucket\(''([^'']+)''::interval')::interval
         FROM timescaledb_information.continuous_aggregates c
         WHERE c.view_schema = 'public' AND c.view_name = $1)))::double precision);
END $$;
COMMENT ON FUNCTION hyperstep_internal.bucket_width IS 'The width of an aggregate''s buckets; null where there is no such aggregate.';

CREATE OR REPLACE FUNCTION hyperstep_internal.latency_of_bucket(bucket integer)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (64.5 + bucket % 64) * power(2::double precision, bucket / 64 + 3) / 1000000
$$;
COMMENT ON FUNCTION hyperstep_internal.latency_of_bucket IS 'The middle of a latency bucket, milliseconds.';

-- Counts of requests within ["from", "to"), from the summary where its buckets lie inside whole and from rows at
-- the two ends. Where an end's rows are gone (retention) and the summary still has its bucket, the bucket
-- is counted whole: a few minutes too much say more than a hole.
-- plpgsql, here and below: bound late, since the aggregate may be made anew.
CREATE OR REPLACE FUNCTION hyperstep_internal.latency_counts(
    model uuid, endpoint text, "from" timestamptz, "to" timestamptz, kind smallint, from_rows boolean)
RETURNS TABLE (at timestamptz, bucket smallint, requests bigint) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    width interval := hyperstep_internal.bucket_width('latency_histogram_summary');
    first timestamptz := $3;  -- the summary is asked for [first, last)
    last  timestamptz := $4;
    edge  timestamptz;
BEGIN
    IF $3 >= $4 THEN RETURN; END IF;
    IF $6 OR width IS NULL THEN
        RETURN QUERY SELECT h.time, h.bucket, h.count FROM public.latency_histogram h
            WHERE h.model_id = $1 AND h.endpoint = $2 AND h.kind = $5 AND h.time >= $3 AND h.time < $4;
        RETURN;
    END IF;
    edge := public.time_bucket(width, $3);
    IF edge < $3 AND EXISTS (SELECT FROM public.latency_histogram h
            WHERE h.model_id = $1 AND h.endpoint = $2 AND h.kind = $5
              AND h.time >= edge AND h.time < edge + width) THEN
        first := edge + width;
        RETURN QUERY SELECT h.time, h.bucket, h.count FROM public.latency_histogram h
            WHERE h.model_id = $1 AND h.endpoint = $2 AND h.kind = $5
              AND h.time >= $3 AND h.time < least(first, $4);
    ELSE
        first := edge;
    END IF;
    edge := public.time_bucket(width, $4);
    -- Both ends in one bucket: it is counted above, or whole below.
    IF edge < $4 AND edge >= first AND EXISTS (SELECT FROM public.latency_histogram h
            WHERE h.model_id = $1 AND h.endpoint = $2 AND h.kind = $5
              AND h.time >= edge AND h.time < edge + width) THEN
        last := edge;
        RETURN QUERY SELECT h.time, h.bucket, h.count FROM public.latency_histogram h
            WHERE h.model_id = $1 AND h.endpoint = $2 AND h.kind = $5 AND h.time >= edge AND h.time < $4;
    END IF;
    RETURN QUERY SELECT greatest(s.bucket, $3), s.latency_bucket, s.count FROM public.latency_histogram_summary s
        WHERE s.model_id = $1 AND s.endpoint = $2 AND s.kind = $5 AND s.bucket >= first AND s.bucket < last;
END $$;
COMMENT ON FUNCTION hyperstep_internal.latency_counts IS 'Requests per latency bucket and time within a window.';

CREATE OR REPLACE FUNCTION hyperstep_internal.check_percentile(p double precision)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p IS NULL OR NOT p BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'p is %, expected a number from 0 to 1', coalesce(p::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The 99th percentile is p = 0.99.';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION public.latency_percentile(
    model uuid, endpoint text, p double precision, "from" timestamptz, "to" timestamptz, kind smallint DEFAULT 1)
RETURNS double precision LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM hyperstep_internal.check_percentile($3);
    RETURN (
        SELECT hyperstep_internal.latency_of_bucket(r.bucket)
        FROM (SELECT c.bucket, sum(sum(c.requests)) OVER (ORDER BY c.bucket) AS up_to,
                     sum(sum(c.requests)) OVER () AS total
              FROM hyperstep_internal.latency_counts($1, $2, $4, $5, $6, false) c
              WHERE c.requests > 0 GROUP BY c.bucket) r
        WHERE r.up_to >= greatest(1, ceil($3 * r.total::double precision))
        ORDER BY r.bucket LIMIT 1);
END $$;
COMMENT ON FUNCTION public.latency_percentile IS
    'A percentile (p from 0 to 1, nearest rank) of the latencies of a model''s endpoint in ["from", "to"), over all processes: milliseconds, at most 0.8 % off; null without requests. kind as in latency_histogram.';

CREATE OR REPLACE FUNCTION public.latency_percentiles(
    model uuid, endpoint text, p double precision, "from" timestamptz, "to" timestamptz, width interval,
    kind smallint DEFAULT 1)
RETURNS TABLE (bucket timestamptz, percentile double precision, requests bigint) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    step interval := hyperstep_internal.bucket_width('latency_histogram_summary');
    from_rows boolean;
BEGIN
    PERFORM hyperstep_internal.check_percentile($3);
    IF $6 IS NULL OR NOT $6 > INTERVAL '0' THEN
        RAISE EXCEPTION 'width is %, expected more than 0', coalesce($6::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For one bucket of 15 minutes: INTERVAL ''15 minutes''.';
    END IF;
    -- The summary's buckets have to lie inside those asked for; months are of no fixed length.
    from_rows := step IS NULL OR extract(month FROM $6) <> 0 OR extract(year FROM $6) <> 0
              OR mod(extract(epoch FROM $6), extract(epoch FROM step)) <> 0;
    RETURN QUERY
        SELECT DISTINCT ON (r.bucket)
               r.bucket, hyperstep_internal.latency_of_bucket(r.latency_bucket),
               least(r.total, 9223372036854775807)::bigint
        FROM (SELECT g.bucket, g.latency_bucket,
                     sum(g.requests) OVER (PARTITION BY g.bucket ORDER BY g.latency_bucket) AS up_to,
                     sum(g.requests) OVER (PARTITION BY g.bucket) AS total
              FROM (SELECT public.time_bucket($6, c.at) AS bucket, c.bucket AS latency_bucket,
                           sum(c.requests) AS requests
                    FROM hyperstep_internal.latency_counts($1, $2, $4, $5, $7, from_rows) c
                    WHERE c.requests > 0 GROUP BY 1, 2) g) r
        WHERE r.up_to >= greatest(1, ceil($3 * r.total::double precision))
        ORDER BY r.bucket, r.latency_bucket;
END $$;
COMMENT ON FUNCTION public.latency_percentiles IS
    'latency_percentile() for each bucket of a width that holds requests, and how many it holds. Only requests within ["from", "to") count, in its first and last bucket too.';
