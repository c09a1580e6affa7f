-- One served endpoint per 5 minutes: load from the summary, true percentiles over all its processes from
-- histograms. (avg_latency_p90 of the summary is an average of percentiles, which is a percentile of nothing.)
-- :model  id of the model      :endpoint  as '/predict'      :window  how far back, as '6 hours'
WITH summary AS (
    SELECT *
    FROM model_monitoring_summary
    WHERE model_id = :'model'
      AND endpoint = :'endpoint'
      AND bucket >= now() - INTERVAL :'window'
), p AS (
    SELECT bucket,
           max(percentile) FILTER (WHERE part = 0.5) AS p50,
           max(percentile) FILTER (WHERE part = 0.9) AS p90,
           max(percentile) FILTER (WHERE part = 0.99) AS p99
    FROM unnest(ARRAY[0.5, 0.9, 0.99]::double precision[]) AS part
    CROSS JOIN latency_percentiles(:'model', :'endpoint', part,
                                   now() - INTERVAL :'window', now(),
                                   INTERVAL '5 minutes')
    GROUP BY bucket
)
SELECT bucket, total_requests, total_errors,
       total_errors::double precision / nullif(total_requests, 0) AS error_rate,
       total_requests / 300.0::double precision AS requests_per_second,
       p50, p90, p99, avg_cpu, avg_memory, avg_gpu, total_input_tokens, total_output_tokens
FROM summary
LEFT JOIN p USING (bucket)
ORDER BY bucket;
