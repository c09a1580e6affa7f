-- Indexes that a question of docs/queries.md needs, as its plan shows: docs/decisions.md has the evidence.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

-- Where the collector keeps aggregates itself, it has made the first two already, under the same names.
CREATE INDEX IF NOT EXISTS run_metrics_run ON run_metrics (run_id, time DESC);
CREATE INDEX IF NOT EXISTS latency_histogram_model ON latency_histogram (model_id, time DESC);
CREATE INDEX IF NOT EXISTS system_metrics_run ON system_metrics (run_id, time DESC);
