-- Runs, their models, their training steps, and the ledger that makes each step arrive once.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE models (
    id      uuid PRIMARY KEY,
    name    text NOT NULL,
    version text,
    updated timestamptz NOT NULL
);

-- A row is made by whichever event of a run arrives first, so everything but the id may still be unknown.
CREATE TABLE runs (
    id              uuid PRIMARY KEY,
    project         text,
    name            text,
    model_id        uuid,
    status          text NOT NULL DEFAULT 'running'
                    CHECK (status IN ('running', 'finished', 'failed', 'killed')),
    attempt         smallint NOT NULL DEFAULT 0,
    parameters      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    tags            text[] NOT NULL DEFAULT '{}',
    host            text,
    process_id      bigint,
    sdk             text,
    started         timestamptz,
    finished        timestamptz,
    last_heartbeat  timestamptz,
    finish_reason   text,
    -- When the newest event happened that set the status, or parameters: an older one that arrives later
    -- fills gaps and undoes nothing.
    status_time     timestamptz NOT NULL DEFAULT '-infinity',
    parameters_time timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX runs_project_started ON runs (project, started DESC);

-- The ledger. One row per stream, updated in each transaction that writes the stream's records: room on the
-- page and no index on what changes keep these updates heap-only.
CREATE TABLE ingest_streams (
    stream_id     uuid PRIMARY KEY,
    next_position bigint NOT NULL DEFAULT 0 CHECK (next_position >= 0),
    dropped       bigint NOT NULL DEFAULT 0,
    run_id        uuid,
    created       timestamptz NOT NULL DEFAULT now(),
    updated       timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- What the database refused for good: the bytes as a collector can take them again.
CREATE TABLE ingest_rejects (
    received       timestamptz NOT NULL DEFAULT now(),
    stream_id      uuid NOT NULL,
    first_position bigint NOT NULL,
    position_count bigint NOT NULL,
    reason         text NOT NULL,
    sqlstate       text NOT NULL,
    batch          bytea NOT NULL
);
CREATE INDEX ingest_rejects_received ON ingest_rejects (received);

-- No unique index, foreign key or trigger on a hypertable: exactly once is the ledger's work, and each of
-- them would rule out direct compression.
CREATE TABLE training_metrics (
    time          timestamptz NOT NULL,
    model_id      uuid NOT NULL,
    run_id        uuid NOT NULL,
    epoch         integer NOT NULL,
    batch         integer NOT NULL,
    loss          double precision,
    accuracy      double precision,
    precision     double precision,
    recall        double precision,
    f1_score      double precision,
    learning_rate double precision,
    gradient_norm double precision,
    step_time_ms  double precision,
    step          bigint NOT NULL,
    attempt       smallint NOT NULL DEFAULT 0,
    rank          smallint NOT NULL DEFAULT 0
);
SELECT create_hypertable('training_metrics', by_range('time', INTERVAL '1 hour'),
                         create_default_indexes => false);
CREATE INDEX training_metrics_run ON training_metrics (run_id, time DESC);

CREATE TABLE experiments (
    time          timestamptz NOT NULL,
    experiment_id uuid NOT NULL,
    model_id      uuid,
    parameters    jsonb NOT NULL DEFAULT '{}',
    metrics       jsonb NOT NULL DEFAULT '{}',
    status        text NOT NULL,
    worker_id     text,
    gpu_id        text
);
SELECT create_hypertable('experiments', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
CREATE INDEX experiments_experiment ON experiments (experiment_id, time DESC);
