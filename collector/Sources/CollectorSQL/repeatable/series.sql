-- Percentiles of what timers and recorders of programs were given. Repeatable: run again whenever this file changes.

CREATE OR REPLACE FUNCTION hyperstep_internal.value_of_bucket(bucket integer)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN bucket = 0 THEN 0
                ELSE sign(bucket::double precision) * (64.5 + (abs(bucket) - 1) % 64)
                     * power(2::double precision, (abs(bucket) - 1) / 64 - 70) END
$$;
COMMENT ON FUNCTION hyperstep_internal.value_of_bucket IS
    'The middle of a bucket of service_histogram, in its series'' unit.';

-- Counters, gauges and meters have no histogram, and so no say.
CREATE OR REPLACE FUNCTION hyperstep_internal.check_units(series bigint[])
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    units text[] := ARRAY(SELECT DISTINCT s.unit FROM public.series AS s
                          WHERE s.id = ANY ($1) AND s.kind NOT IN (1, 2, 3) ORDER BY 1);
BEGIN
    IF cardinality(units) > 1 THEN
        RAISE EXCEPTION 'series of the units "%" were given, expected one unit', array_to_string(units, '", "')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Choose them by unit too: ARRAY(SELECT id FROM series WHERE name = … AND unit = ''ns'').';
    END IF;
END $$;
COMMENT ON FUNCTION hyperstep_internal.check_units IS 'Refuses series whose numbers are not of one unit.';

-- plpgsql, as the functions of latencies: planned when it is called, for the chunks of that time.
CREATE OR REPLACE FUNCTION public.series_percentile(
    series bigint[], p double precision, "from" timestamptz, "to" timestamptz)
RETURNS double precision LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM hyperstep_internal.check_percentile($2), hyperstep_internal.check_units($1);
    RETURN (
        SELECT hyperstep_internal.value_of_bucket(r.bucket)
        FROM (SELECT h.bucket, sum(sum(h.count)) OVER (ORDER BY h.bucket) AS up_to,
                     sum(sum(h.count)) OVER () AS total
              FROM public.service_histogram AS h
              WHERE h.series_id = ANY ($1) AND h.time >= $3 AND h.time < $4 AND h.count > 0
              GROUP BY h.bucket) AS r
        WHERE r.up_to >= greatest(1, ceil($2 * r.total::double precision))
        ORDER BY r.bucket LIMIT 1);
END $$;
COMMENT ON FUNCTION public.series_percentile IS
    'A percentile (p from 0 to 1, nearest rank) of what timers or recorders were given in intervals that ended in ["from", "to"), over all these series and all processes: in their unit (a timer''s is ns), at most 0.8 % off; null where nothing was.';

CREATE OR REPLACE FUNCTION public.series_percentiles(
    series bigint[], p double precision, "from" timestamptz, "to" timestamptz, width interval)
RETURNS TABLE (bucket timestamptz, percentile double precision, count bigint) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    PERFORM hyperstep_internal.check_percentile($2), hyperstep_internal.check_units($1);
    IF $5 IS NULL OR NOT $5 > INTERVAL '0' THEN
        RAISE EXCEPTION 'width is %, expected more than 0', coalesce($5::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For one bucket of 15 minutes: INTERVAL ''15 minutes''.';
    END IF;
    RETURN QUERY
        SELECT DISTINCT ON (r.at)
               r.at, hyperstep_internal.value_of_bucket(r.value_bucket),
               least(r.total, 9223372036854775807)::bigint
        FROM (SELECT g.at, g.value_bucket,
                     sum(g.counted) OVER (PARTITION BY g.at ORDER BY g.value_bucket) AS up_to,
                     sum(g.counted) OVER (PARTITION BY g.at) AS total
              FROM (SELECT public.time_bucket($5, h.time) AS at, h.bucket AS value_bucket,
                           sum(h.count) AS counted
                    FROM public.service_histogram AS h
                    WHERE h.series_id = ANY ($1) AND h.time >= $3 AND h.time < $4 AND h.count > 0
                    GROUP BY 1, 2) AS g) AS r
        WHERE r.up_to >= greatest(1, ceil($2 * r.total::double precision))
        ORDER BY r.at, r.value_bucket;
END $$;
COMMENT ON FUNCTION public.series_percentiles IS
    'series_percentile() for each bucket of a width in which something was recorded, and how often.';
