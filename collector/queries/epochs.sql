-- One model's runs epoch by epoch. Where a run was resumed, its attempts are told apart.
-- :model  id of the model      :window  how far back, as '2 days'
SELECT run_id, attempt, epoch, min(time) AS began, count(*) AS steps,
       avg(loss) FILTER (WHERE abs(loss) < 1e100) AS avg_loss,
       last(accuracy, time) AS last_accuracy,
       max(f1_score) FILTER (WHERE abs(f1_score) < 'Infinity') AS f1_score
FROM training_metrics
WHERE model_id = :'model'
  AND time >= now() - INTERVAL :'window'
GROUP BY run_id, attempt, epoch
ORDER BY run_id, attempt, epoch;
