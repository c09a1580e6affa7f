-- What the collector needs to keep aggregates itself, where TimescaleDB's edition has none of its own.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE hyperstep_internal.kept_aggregates (
    aggregate       text PRIMARY KEY,
    source          text NOT NULL,
    base            text REFERENCES hyperstep_internal.kept_aggregates,
    width           interval NOT NULL CHECK (width >= INTERVAL '1 minute'),
    is_real_time    boolean NOT NULL,
    input_retention interval,
    complete_from   timestamptz NOT NULL DEFAULT '-infinity'
);

-- Writers insert all the time and the refresher deletes all of it: vacuumed by count, not by share. Starting a
-- parallel worker would cost more than reading it.
CREATE TABLE hyperstep_internal.touched_buckets (
    source text NOT NULL,
    key    uuid NOT NULL,
    bucket timestamptz NOT NULL
) WITH (autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_scale_factor = 0, parallel_workers = 0);
-- The first is for the refresher, which goes by age; the second for writers and for queries of one run or model.
CREATE INDEX touched_buckets_oldest ON hyperstep_internal.touched_buckets (source, bucket);
CREATE INDEX touched_buckets_key ON hyperstep_internal.touched_buckets (source, key, bucket);
