-- What psql's \d+ says about each table. Repeatable: run again whenever this file changes.

COMMENT ON TABLE models IS 'Models that runs train and endpoints serve.';
COMMENT ON TABLE runs IS 'Training runs, one row each, as their events last told.';
COMMENT ON COLUMN runs.attempt IS 'Which life of the run''s process, from 0: a resume starts the next.';
COMMENT ON COLUMN runs.last_heartbeat IS 'Time of the newest event seen from any process of the run.';
COMMENT ON TABLE training_metrics IS 'One row per optimiser step of one process of one run. NaN and infinities are values.';
COMMENT ON COLUMN training_metrics.step IS 'Global step.';
COMMENT ON COLUMN training_metrics.batch IS 'Batch within the epoch.';
COMMENT ON COLUMN training_metrics.gradient_norm IS 'L2 norm over all parameters.';
COMMENT ON COLUMN training_metrics.step_time_ms IS 'Milliseconds since the step before it.';
COMMENT ON COLUMN training_metrics.rank IS 'Which of the run''s processes, from 0.';
COMMENT ON TABLE experiments IS 'Events of an experiment''s life.';
COMMENT ON TABLE ingest_streams IS 'The exactly-once ledger: the next position that each stream is expected to send.';
COMMENT ON COLUMN ingest_streams.dropped IS 'Records that the producer had to drop because its buffers were full.';
COMMENT ON TABLE ingest_rejects IS 'Batches that the database refused, with the reason: their rows are in no other table.';
COMMENT ON TABLE hyperstep_schema_migrations IS 'What hyperstep-collector migrate has applied. version is null for repeatable files.';
