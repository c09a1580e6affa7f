-- A timer of one service per 5 minutes, over all its processes and dimensions: how often, and milliseconds on average
-- and at true percentiles. For a part of it choose series by their dimensions too: dimensions @> '{"route": "/"}'.
-- :service  as 'api'      :name  as 'request_duration'      :window  how far back, as '6 hours'
WITH chosen AS (
    SELECT array_agg(id) AS ids
    FROM series
    WHERE service = :'service'
      AND name = :'name'
      AND kind = 4
), totals AS (
    SELECT time_bucket(INTERVAL '5 minutes', time) AS bucket,
           sum(count)::bigint AS count, sum(sum) / nullif(sum(count), 0)::double precision / 1e6 AS average
    FROM service_metrics
    WHERE series_id = ANY ((SELECT ids FROM chosen)::bigint[])
      AND time >= now() - INTERVAL :'window'
    GROUP BY 1
), p AS (
    SELECT bucket,
           max(percentile) FILTER (WHERE part = 0.5) / 1e6 AS p50,
           max(percentile) FILTER (WHERE part = 0.9) / 1e6 AS p90,
           max(percentile) FILTER (WHERE part = 0.99) / 1e6 AS p99
    FROM unnest(ARRAY[0.5, 0.9, 0.99]::double precision[]) AS part
    CROSS JOIN series_percentiles((SELECT ids FROM chosen), part,
                                  now() - INTERVAL :'window', now(),
                                  INTERVAL '5 minutes')
    GROUP BY bucket
)
SELECT bucket, count, count / 300.0::double precision AS per_second, average, p50, p90, p99
FROM totals
LEFT JOIN p USING (bucket)
ORDER BY bucket;
