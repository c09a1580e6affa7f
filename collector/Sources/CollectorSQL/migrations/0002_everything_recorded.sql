-- The other tables that programs record into, and the room for what Hyperstep keeps for itself.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

-- Not "hyperstep": a role of that name would find this schema before public.
CREATE SCHEMA hyperstep_internal;
COMMENT ON SCHEMA hyperstep_internal IS
    'What Hyperstep keeps for itself. Query the tables, views and functions of public.';

ALTER TABLE runs DROP CONSTRAINT runs_status_check;
ALTER TABLE runs ADD CONSTRAINT runs_status_check
    CHECK (status IN ('running', 'finished', 'failed', 'killed', 'crashed'));

-- Names of scalars. A unit is part of the name: "loss" in one unit is never averaged with "loss" in another.
CREATE TABLE metrics (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    unit text NOT NULL DEFAULT '',
    UNIQUE (name, unit)
);

CREATE TABLE run_metrics (
    time      timestamptz NOT NULL,
    run_id    uuid NOT NULL,
    metric_id integer NOT NULL,
    step      bigint NOT NULL,
    value     double precision NOT NULL,
    attempt   smallint NOT NULL DEFAULT 0,
    rank      smallint NOT NULL DEFAULT 0
);
SELECT create_hypertable('run_metrics', by_range('time', INTERVAL '1 day'), create_default_indexes => false);

CREATE TABLE model_performance (
    time                      timestamptz NOT NULL,
    model_id                  uuid NOT NULL,
    endpoint                  varchar NOT NULL,
    request_count             bigint NOT NULL,
    error_count               bigint NOT NULL,
    latency_p50               double precision,
    latency_p90               double precision,
    latency_p99               double precision,
    throughput_rps            double precision,
    cpu_usage                 double precision,
    memory_usage              double precision,
    gpu_utilization           double precision,
    input_tokens              bigint,
    output_tokens             bigint,
    time_to_first_token_p50   double precision,
    time_to_first_token_p99   double precision,
    time_per_output_token_p50 double precision,
    time_per_output_token_p99 double precision,
    instance_id               uuid NOT NULL
);
SELECT create_hypertable('model_performance', by_range('time', INTERVAL '1 day'),
                         create_default_indexes => false);

CREATE TABLE latency_histogram (
    time        timestamptz NOT NULL,
    model_id    uuid NOT NULL,
    endpoint    varchar NOT NULL,
    instance_id uuid NOT NULL,
    kind        smallint NOT NULL,
    bucket      smallint NOT NULL,
    count       bigint NOT NULL
);
SELECT create_hypertable('latency_histogram', by_range('time', INTERVAL '1 day'),
                         create_default_indexes => false);

CREATE TABLE system_metrics (
    time              timestamptz NOT NULL,
    run_id            uuid,
    instance_id       uuid NOT NULL,
    device            text NOT NULL,
    utilization       double precision,
    memory_used_bytes bigint,
    power_watts       double precision,
    temperature_c     double precision
);
SELECT create_hypertable('system_metrics', by_range('time', INTERVAL '1 day'), create_default_indexes => false);

-- Count, sum and sum of squared deviations, by PostgreSQL's own numerically stable transition: unlike an
-- average, these can be merged. float8_avg and float8_stddev_samp read them.
CREATE AGGREGATE hyperstep_internal.moments (double precision) (
    SFUNC = float8_accum, STYPE = double precision[], INITCOND = '{0,0,0}', COMBINEFUNC = float8_combine,
    PARALLEL = SAFE
);
CREATE AGGREGATE hyperstep_internal.merge_moments (double precision[]) (
    SFUNC = float8_combine, STYPE = double precision[], INITCOND = '{0,0,0}', COMBINEFUNC = float8_combine,
    PARALLEL = SAFE
);
