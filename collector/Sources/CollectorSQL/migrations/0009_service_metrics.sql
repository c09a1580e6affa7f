-- What instruments of programs report, and what else a machine's samples tell.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

-- An instrument with one choice of its dimensions, which are an object of texts. All of it has at most 1,300 bytes,
-- so that the index holds it.
CREATE TABLE series (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service    text NOT NULL DEFAULT '',
    name       text NOT NULL,
    kind       smallint NOT NULL,
    unit       text NOT NULL DEFAULT '',
    dimensions jsonb NOT NULL DEFAULT '{}',
    UNIQUE (service, name, kind, unit, dimensions)
);

CREATE TABLE service_metrics (
    time             timestamptz NOT NULL,
    series_id        bigint NOT NULL,
    instance_id      uuid NOT NULL,
    run_id           uuid,
    duration_ms      double precision NOT NULL,
    count            bigint NOT NULL,
    non_finite_count bigint NOT NULL DEFAULT 0,
    sum              double precision,
    min              double precision,
    max              double precision,
    last             double precision
);
SELECT create_hypertable('service_metrics', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
CREATE INDEX service_metrics_series ON service_metrics (series_id, time DESC);

CREATE TABLE service_histogram (
    time        timestamptz NOT NULL,
    series_id   bigint NOT NULL,
    instance_id uuid NOT NULL,
    bucket      smallint NOT NULL,
    count       bigint NOT NULL
);
SELECT create_hypertable('service_histogram', by_range('time', INTERVAL '1 day'),
                         create_default_indexes => false);
CREATE INDEX service_histogram_series ON service_histogram (series_id, time DESC);

ALTER TABLE system_metrics ADD COLUMN cpu_limit_cores double precision;
ALTER TABLE system_metrics ADD COLUMN memory_limit_bytes bigint;
ALTER TABLE system_metrics ADD COLUMN disk_read_bytes bigint;
ALTER TABLE system_metrics ADD COLUMN disk_written_bytes bigint;
ALTER TABLE system_metrics ADD COLUMN network_received_bytes bigint;
ALTER TABLE system_metrics ADD COLUMN network_sent_bytes bigint;
