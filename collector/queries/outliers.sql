-- Losses more than three standard deviations from their model's average within the window, farthest first.
-- :window  how far back, as '1 day'
SELECT time, model_id, run_id, attempt, rank, step, loss, (loss - average) / deviation AS z
FROM (
    SELECT time, model_id, run_id, attempt, rank, step, loss,
           avg(loss) OVER of_model AS average,
           nullif(stddev_samp(loss) OVER of_model, 0) AS deviation
    FROM training_metrics
    WHERE time >= now() - INTERVAL :'window'
      AND abs(loss) < 1e100
    WINDOW of_model AS (PARTITION BY model_id)
) s
WHERE abs(loss - average) > 3 * deviation
ORDER BY abs(loss - average) / deviation DESC, time
LIMIT 1000;
