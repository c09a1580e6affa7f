-- Every step of one model in the last hours, oldest first.
-- :model  id of the model      :window  how far back, as '6 hours'
SELECT time, run_id, attempt, rank, step, epoch, batch,
       loss, accuracy, learning_rate, gradient_norm, step_time_ms
FROM training_metrics
WHERE model_id = :'model'
  AND time >= now() - INTERVAL :'window'
ORDER BY time;
