-- Every step of one run in the last hours, oldest first.
-- :run  id of the run      :window  how far back, as '6 hours'
SELECT time, attempt, rank, step, epoch, batch,
       loss, accuracy, learning_rate, gradient_norm, step_time_ms
FROM training_metrics
WHERE run_id = :'run'
  AND time >= now() - INTERVAL :'window'
ORDER BY time;
