-- What people query. Repeatable: run again whenever this file changes.

-- Each step once: without the rows that a later attempt of the run went back behind. The attempts that supersede
-- nothing, most of all there are, are kept out of what every row is looked up in.
CREATE OR REPLACE VIEW training_steps AS
SELECT m.time, m.model_id, m.run_id, m.epoch, m.batch, m.loss, m.accuracy, m.precision, m.recall, m.f1_score,
       m.learning_rate, m.gradient_norm, m.step_time_ms, m.step, m.attempt, m.rank
FROM training_metrics AS m
WHERE NOT EXISTS (SELECT FROM run_attempts AS a
                  WHERE a.run_id = m.run_id AND a.attempt = m.attempt
                    AND a.superseded_from IS NOT NULL AND a.superseded_from <= m.step);
