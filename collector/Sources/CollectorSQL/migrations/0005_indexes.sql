-- Indexes that a question of docs/queries.md needs, as its plan shows: docs/decisions.md has the evidence.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

-- For the newest minutes out of a chunk of hours, which every real-time aggregate and every refresh reads.
CREATE INDEX training_metrics_time ON training_metrics USING brin (time)
    WITH (pages_per_range = 32, autosummarize = on);
-- Where the collector keeps aggregates itself, it has made the first two already, under the same names.
CREATE INDEX IF NOT EXISTS run_metrics_run ON run_metrics (run_id, time DESC);
CREATE INDEX IF NOT EXISTS latency_histogram_model ON latency_histogram (model_id, time DESC);
CREATE INDEX IF NOT EXISTS system_metrics_run ON system_metrics (run_id, time DESC);
