-- One of the other numbers that a run logs, by its name, without what a later attempt went back behind.
-- :run  id of the run      :metric  its name, as 'val/loss'      :window  how far back, as '1 day'
SELECT r.time, r.attempt, r.rank, r.step, r.value, m.unit
FROM metrics m
JOIN run_metrics r ON r.metric_id = m.id
WHERE m.name = :'metric'
  AND r.run_id = :'run'
  AND r.time >= now() - INTERVAL :'window'
  AND NOT EXISTS (SELECT FROM run_attempts a
                  WHERE a.run_id = r.run_id AND a.attempt = r.attempt AND a.superseded_from <= r.step)
ORDER BY r.time;
