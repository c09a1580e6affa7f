-- One run's curve, each step once: what a later attempt did anew is there as that attempt did it. A point per 100
-- steps, ranks together.
-- :run  id of the run      :window  how far back, as '30 days'
SELECT step / 100 * 100 AS step, count(*) AS steps, max(attempt) AS attempt,
       avg(loss) FILTER (WHERE abs(loss) < 1e100) AS avg_loss,
       min(loss) FILTER (WHERE abs(loss) < 'Infinity') AS min_loss,
       max(loss) FILTER (WHERE abs(loss) < 'Infinity') AS max_loss,
       avg(accuracy) FILTER (WHERE abs(accuracy) < 1e100) AS avg_accuracy
FROM training_steps
WHERE run_id = :'run'
  AND time >= now() - INTERVAL :'window'
GROUP BY 1
ORDER BY 1;
