-- The machine under a run, per 5 minutes and device.
-- :run  id of the run      :window  how far back, as '6 hours'
SELECT time_bucket(INTERVAL '5 minutes', time) AS bucket, device,
       avg(utilization) FILTER (WHERE abs(utilization) < 1e100) AS utilization, max(memory_used_bytes) AS memory_used_bytes,
       max(power_watts) FILTER (WHERE abs(power_watts) < 'Infinity') AS power_watts,
       max(temperature_c) FILTER (WHERE abs(temperature_c) < 'Infinity') AS temperature_c
FROM system_metrics
WHERE run_id = :'run'
  AND time >= now() - INTERVAL :'window'
GROUP BY 1, device
ORDER BY 1, device;
