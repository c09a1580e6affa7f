-- The newest step of each model. For each of them the newest chunk is read first, and no further than needed.
-- :window  how far back to look, as '1 day'
SELECT m.name, t.*
FROM models m
CROSS JOIN LATERAL (
    SELECT time, run_id, attempt, step, epoch, loss, accuracy
    FROM training_metrics
    WHERE model_id = m.id
      AND time >= now() - INTERVAL :'window'
    ORDER BY time DESC
    LIMIT 1
) t
ORDER BY m.name, m.id;
