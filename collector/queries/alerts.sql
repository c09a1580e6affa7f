-- Endpoints that went bad in the last 15 minutes, a line for each complaint: latency at the 99th percentile half as
-- much again as over the day before, more than 1 % of errors, or less than half the load of the same hour yesterday.
WITH at AS (
    SELECT time_bucket(INTERVAL '5 minutes', now() - INTERVAL '15 minutes') AS recent
), load AS (
    SELECT model_id, endpoint,
           sum(total_requests) FILTER (WHERE bucket >= recent)
               / extract(epoch FROM now() - min(recent))::double precision AS now,
           sum(total_requests) FILTER (WHERE bucket < recent - INTERVAL '23 hours 30 minutes'
                                         AND bucket >= recent - INTERVAL '24 hours 30 minutes')
               / 3600::double precision AS yesterday,
           sum(total_errors) FILTER (WHERE bucket >= recent)
               / nullif(sum(total_requests) FILTER (WHERE bucket >= recent), 0)::double precision AS error_rate
    FROM model_monitoring_summary, at
    WHERE bucket >= now() - INTERVAL '25 hours'
    GROUP BY model_id, endpoint
), measured AS (
    SELECT load.*,
           latency_percentile(model_id, endpoint, 0.99, recent, now()) AS p99,
           latency_percentile(model_id, endpoint, 0.99, recent - INTERVAL '1 day', recent) AS usual_p99
    FROM load, at
)
SELECT model_id, endpoint, alert, value, usual
FROM measured
CROSS JOIN LATERAL (
    VALUES ('latency p99, ms', p99, usual_p99, p99 > 1.5 * usual_p99),
           ('error rate', error_rate, 0.01, error_rate > 0.01),
           ('requests per second', coalesce(now, 0), yesterday, coalesce(now, 0) < 0.5 * yesterday)
) AS complaint (alert, value, usual, is_bad)
WHERE is_bad
ORDER BY model_id, endpoint, alert;
