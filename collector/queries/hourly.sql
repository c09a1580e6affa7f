-- Hours of one model over 7 days, each run and attempt for itself, from the aggregate.
-- :model  id of the model
SELECT bucket, run_id, attempt, sample_count, min_step, max_step,
       avg_loss, min_loss, max_loss, first_loss, last_loss, loss_non_finite,
       avg_accuracy, accuracy_stddev
FROM training_metrics_hourly
WHERE model_id = :'model'
  AND bucket >= now() - INTERVAL '7 days'
ORDER BY bucket, run_id, attempt;
