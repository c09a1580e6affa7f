-- The machines under the processes that served a model, per 5 minutes, process and device. What was read, written,
-- received and sent is per second.
-- :model  id of the model      :window  how far back, as '6 hours'
SELECT time_bucket(INTERVAL '5 minutes', time) AS bucket, instance_id, device,
       avg(utilization) FILTER (WHERE abs(utilization) < 1e100) AS utilization, max(memory_used_bytes) AS memory_used_bytes,
       max(power_watts) FILTER (WHERE abs(power_watts) < 'Infinity') AS power_watts,
       max(temperature_c) FILTER (WHERE abs(temperature_c) < 'Infinity') AS temperature_c,
       max(cpu_limit_cores) FILTER (WHERE abs(cpu_limit_cores) < 'Infinity') AS cpu_limit_cores,
       max(memory_limit_bytes) AS memory_limit_bytes,
       sum(disk_read_bytes) / 300.0::double precision AS disk_read, sum(disk_written_bytes) / 300.0::double precision AS disk_written,
       sum(network_received_bytes) / 300.0::double precision AS network_received,
       sum(network_sent_bytes) / 300.0::double precision AS network_sent
FROM system_metrics
WHERE instance_id IN (SELECT instance_id
                      FROM model_performance
                      WHERE model_id = :'model'
                        AND time >= now() - INTERVAL :'window')
  AND time >= now() - INTERVAL :'window'
GROUP BY 1, instance_id, device
ORDER BY 1, instance_id, device;
