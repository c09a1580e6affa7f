-- Loss and accuracy of a run, averaged over 10 steps. What is not finite is left out of the averages, not out of
-- the rows. The window's first nine averages are of fewer steps: what came before is not read.
-- :run  id of the run      :window  how far back, as '1 hour'
SELECT time, attempt, rank, step, loss, accuracy,
       avg(loss) FILTER (WHERE abs(loss) < 1e100) OVER last_ten AS loss_of_ten,
       avg(accuracy) FILTER (WHERE abs(accuracy) < 1e100) OVER last_ten AS accuracy_of_ten
FROM training_metrics
WHERE run_id = :'run'
  AND time >= now() - INTERVAL :'window'
WINDOW last_ten AS (PARTITION BY attempt, rank ORDER BY step ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
ORDER BY attempt, rank, step;
