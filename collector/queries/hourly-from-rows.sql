-- The same from the rows, where there is no aggregate or its rows were dropped: much slower.
-- Above 1e100 a square overflows, and NaN compares greater than anything: neither is averaged.
-- :model  id of the model
SELECT time_bucket(INTERVAL '1 hour', time) AS bucket, run_id, attempt,
       count(*) AS sample_count, min(step) AS min_step, max(step) AS max_step,
       avg(loss) FILTER (WHERE abs(loss) < 1e100) AS avg_loss,
       min(loss) FILTER (WHERE abs(loss) < 'Infinity') AS min_loss,
       max(loss) FILTER (WHERE abs(loss) < 'Infinity') AS max_loss,
       first(loss, step) FILTER (WHERE abs(loss) < 'Infinity') AS first_loss,
       last(loss, step) FILTER (WHERE abs(loss) < 'Infinity') AS last_loss,
       count(*) FILTER (WHERE NOT abs(loss) < 1e100) AS loss_non_finite,
       avg(accuracy) FILTER (WHERE abs(accuracy) < 1e100) AS avg_accuracy,
       stddev_samp(accuracy) FILTER (WHERE abs(accuracy) < 1e100) AS accuracy_stddev
FROM training_metrics
WHERE model_id = :'model'
  AND time >= now() - INTERVAL '7 days'
GROUP BY 1, run_id, attempt
ORDER BY 1, run_id, attempt;
