-- The trials of a sweep, the best first.
-- :sweep  its id, which the sweep prints
--
-- A trial's experiment has the id of its run: the experiment's newest row says how it stands, the run's scalars
-- how it came there.
SELECT (e.parameters->>'learning_rate')::float8 AS learning_rate,
       (e.parameters->>'hidden_units')::int AS hidden_units,
       e.status,
       max(r.value) AS best_accuracy,
       (array_agg(r.step ORDER BY r.value DESC, r.step))[1] AS at_step,
       count(*) AS epochs
FROM (SELECT DISTINCT ON (experiment_id) experiment_id, parameters, status
      FROM experiments
      WHERE time > now() - INTERVAL '1 day' AND parameters->>'sweep' = :'sweep'
      ORDER BY experiment_id, time DESC, status = 'running') AS e
JOIN run_metrics r ON r.run_id = e.experiment_id AND r.time > now() - INTERVAL '1 day'
JOIN metrics m ON m.id = r.metric_id AND m.name = 'val/accuracy'
GROUP BY e.experiment_id, e.parameters, e.status
ORDER BY best_accuracy DESC, learning_rate, hidden_units;
