-- One of the other numbers that a run logs, by its name.
-- :run  id of the run      :metric  its name, as 'val/loss'      :window  how far back, as '1 day'
SELECT r.time, r.attempt, r.rank, r.step, r.value, m.unit
FROM metrics m
JOIN run_metrics r ON r.metric_id = m.id
WHERE m.name = :'metric'
  AND r.run_id = :'run'
  AND r.time >= now() - INTERVAL :'window'
ORDER BY r.time;
