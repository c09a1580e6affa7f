-- The newest step of each model. It goes by the runs that may have one: for each the newest chunk is read first, and
-- no further than needed.
-- :window  how far back to look, as '1 day'
SELECT DISTINCT ON (m.name, m.id)
       m.name AS model, s.time, r.name AS run, s.attempt, s.step, s.epoch, s.loss, s.accuracy
FROM models m
JOIN runs r ON r.model_id = m.id
CROSS JOIN LATERAL (
    SELECT time, attempt, step, epoch, loss, accuracy
    FROM training_metrics
    WHERE model_id = m.id
      AND run_id = r.id
      AND time >= now() - INTERVAL :'window'
    ORDER BY time DESC
    LIMIT 1
) s
WHERE r.finished IS NULL
   OR r.finished >= now() - INTERVAL :'window'
ORDER BY m.name, m.id, s.time DESC;
