-- Everything that Hyperstep reads of TimescaleDB itself. What a public view or function of TimescaleDB says is
-- taken from there. What only its internal catalogue says is read in this file and nowhere else: that catalogue
-- changes from release to release, so each part of it is probed by the columns it has, and a part that this
-- release has in another shape is left out. doctor names what was left out.
--
-- There are functions and no views here: ALTER EXTENSION timescaledb UPDATE replaces the catalogue's tables, and
-- could not while a view depends on them. The functions are planned when they run, so an update of the extension
-- needs no migration.
-- Repeatable: run again whenever this file changes.

-- Which edition this database runs: community or apache. The library knows two licences, and only "timescale"
-- permits what the Community edition has. Any other value, and a library that is not loaded, count as apache, so
-- that nothing is asked of the server that it may refuse. Edition in HyperstepPolicies has the same rule.
CREATE OR REPLACE FUNCTION hyperstep_internal.edition() RETURNS text
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN current_setting('timescaledb.license', true) = 'timescale' THEN 'community' ELSE 'apache' END
$$;

-- Whether a table of the internal catalogue has all of these columns.
CREATE OR REPLACE FUNCTION hyperstep_internal.catalog_has(catalog_table text, VARIADIC columns text[])
RETURNS boolean LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) = cardinality(columns)
    FROM pg_namespace AS n
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = catalog_table
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = '_timescaledb_catalog' AND a.attname = ANY (columns)
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
$$;

-- The parts of the internal catalogue that are read, what each is good for, and whether this release has it in a
-- shape that is known.
CREATE OR REPLACE FUNCTION hyperstep_internal.catalog_parts()
RETURNS TABLE (part text, purpose text, is_readable boolean)
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    VALUES ('hypertable numbers', 'the table of a job that was made with add_job',
            hyperstep_internal.catalog_has('hypertable', 'id', 'schema_name', 'table_name')),
           ('chunk status', 'which compressed chunks wait to be ordered',
            hyperstep_internal.catalog_has('chunk', 'id', 'relid', 'status')
            -- Before TimescaleDB 2.29.
            OR hyperstep_internal.catalog_has('chunk', 'id', 'schema_name', 'table_name', 'status')),
           ('columnstore tables', 'rows and bytes of what was compressed as it came in',
            hyperstep_internal.catalog_has('compression_settings', 'relid', 'compress_relid')),
           ('compressed rows', 'how many rows a compressed chunk has',
            hyperstep_internal.catalog_has('compression_chunk_size', 'chunk_id', 'numrows_pre_compression')),
           ('watermarks', 'how far an empty continuous aggregate is computed',
            hyperstep_internal.catalog_has('continuous_aggs_watermark', 'mat_hypertable_id', 'watermark'))
$$;

CREATE OR REPLACE FUNCTION hyperstep_internal.catalog_reads(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_or(p.is_readable), false) FROM hyperstep_internal.catalog_parts() AS p WHERE p.part = wanted
$$;

-- The numbers by which the settings of jobs name hypertables. Nothing where they cannot be read.
CREATE OR REPLACE FUNCTION hyperstep_internal.hypertable_numbers()
RETURNS TABLE (number integer, namespace name, name name)
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF hyperstep_internal.catalog_reads('hypertable numbers') THEN
        RETURN QUERY EXECUTE 'SELECT h.id, h.schema_name, h.table_name FROM _timescaledb_catalog.hypertable AS h';
    END IF;
END $$;

-- Hyperstep's tables and aggregates that exist. target is what a policy is set on, rows_in the hypertable that
-- holds the rows: of a continuous aggregate its materialization. number is null where it cannot be read.
CREATE OR REPLACE FUNCTION hyperstep_internal.managed_hypertables()
RETURNS TABLE (
    relation text, is_continuous boolean, target regclass, rows_in regclass, rows_namespace name, rows_name name,
    has_columnstore boolean, is_realtime boolean, number integer
) LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT f.name::text, f.continuous, t.oid::regclass, r.oid::regclass, f.in_namespace, f.in_name, f.columnstore,
           f.realtime, h.number
    FROM (SELECT c.view_schema AS namespace, c.view_name AS name, true AS continuous,
                 c.materialization_hypertable_schema AS in_namespace,
                 c.materialization_hypertable_name AS in_name, c.compression_enabled AS columnstore,
                 NOT c.materialized_only AS realtime
          FROM timescaledb_information.continuous_aggregates AS c WHERE c.view_schema = 'public'
          UNION ALL
          -- An aggregate that the collector keeps is a view of that name over a hypertable in hyperstep_internal.
          SELECT g.hypertable_schema, g.hypertable_name, false, g.hypertable_schema, g.hypertable_name,
                 g.compression_enabled, NULL
          FROM timescaledb_information.hypertables AS g
          WHERE g.hypertable_schema IN ('public', 'hyperstep_internal')) AS f
    JOIN pg_namespace AS tn ON tn.nspname = f.namespace
    JOIN pg_class AS t ON t.relnamespace = tn.oid AND t.relname = f.name
    JOIN pg_namespace AS rn ON rn.nspname = f.in_namespace
    JOIN pg_class AS r ON r.relnamespace = rn.oid AND r.relname = f.in_name
    LEFT JOIN hyperstep_internal.hypertable_numbers() AS h
        ON h.namespace = f.in_namespace AND h.name = f.in_name
    WHERE hyperstep_internal.is_managed(f.name::text);
END $$;

-- The jobs of TimescaleDB that work on those. A job is found by the number in its settings, which one that was made
-- with add_job has too; where numbers cannot be read, by the table that TimescaleDB itself names.
CREATE OR REPLACE FUNCTION hyperstep_internal.managed_jobs()
RETURNS TABLE (relation text, job_id integer, is_owners boolean)
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT m.relation, j.job_id, j.owner::oid = c.relowner
    FROM hyperstep_internal.managed_hypertables() AS m
    JOIN pg_class AS c ON c.oid = m.rows_in
    JOIN timescaledb_information.jobs AS j ON CASE
        WHEN m.number IS NOT NULL
        THEN m.number::text IN (j.config ->> 'hypertable_id', j.config ->> 'mat_hypertable_id')
        ELSE (j.hypertable_schema, j.hypertable_name) IN
             ((m.rows_namespace, m.rows_name), ('public'::name, m.relation::name))
    END;
END $$;

-- What is known of chunks beside their names, times and whether they are compressed, which
-- timescaledb_information.chunks says. Sizes are those before and after compression as TimescaleDB noted them;
-- chunks that were compressed as their rows came in have none.
CREATE OR REPLACE FUNCTION hyperstep_internal.chunk_details()
RETURNS TABLE (
    chunk oid, is_unordered boolean, columnstore oid, rows_before bigint, bytes_before bigint, bytes_after bigint
) LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chunks text := 'SELECT NULL::oid AS chunk, NULL::integer AS number, NULL::boolean AS is_unordered WHERE false';
    stores text := 'SELECT NULL::oid AS chunk, NULL::oid AS columnstore WHERE false';
    counts text := 'SELECT NULL::integer AS number, NULL::bigint AS rows_before WHERE false';
BEGIN
    IF hyperstep_internal.catalog_has('chunk', 'id', 'relid', 'status') THEN
        chunks := 'SELECT c.relid::oid AS chunk, c.id AS number, c.status & 2 <> 0 AS is_unordered
                   FROM _timescaledb_catalog.chunk AS c';
    ELSIF hyperstep_internal.catalog_has('chunk', 'id', 'schema_name', 'table_name', 'status') THEN
        chunks := 'SELECT k.oid AS chunk, c.id AS number, c.status & 2 <> 0 AS is_unordered
                   FROM _timescaledb_catalog.chunk AS c
                   JOIN pg_namespace AS n ON n.nspname = c.schema_name
                   JOIN pg_class AS k ON k.relnamespace = n.oid AND k.relname = c.table_name';
    END IF;
    IF hyperstep_internal.catalog_reads('columnstore tables') THEN
        stores := 'SELECT s.relid::oid AS chunk, s.compress_relid::oid AS columnstore
                   FROM _timescaledb_catalog.compression_settings AS s WHERE s.compress_relid IS NOT NULL';
    END IF;
    IF hyperstep_internal.catalog_reads('compressed rows') THEN
        counts := 'SELECT z.chunk_id AS number, z.numrows_pre_compression AS rows_before
                   FROM _timescaledb_catalog.compression_chunk_size AS z';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT coalesce(c.chunk, s.chunk, b.chunk), c.is_unordered, s.columnstore, r.rows_before, b.bytes_before,
                b.bytes_after
         FROM (%s) AS c
         FULL JOIN (%s) AS s ON s.chunk = c.chunk
         FULL JOIN (SELECT k.oid AS chunk, z.before_compression_total_bytes AS bytes_before,
                           z.after_compression_total_bytes AS bytes_after
                    FROM hyperstep_internal.managed_hypertables() AS m
                    CROSS JOIN LATERAL public.chunk_columnstore_stats(m.rows_in) AS z
                    JOIN pg_namespace AS n ON n.nspname = z.chunk_schema
                    JOIN pg_class AS k ON k.relnamespace = n.oid AND k.relname = z.chunk_name
                    WHERE z.before_compression_total_bytes IS NOT NULL) AS b ON b.chunk = coalesce(c.chunk, s.chunk)
         LEFT JOIN (%s) AS r ON r.number = c.number', chunks, stores, counts);
END $$;

-- Whether nothing of a chunk is to be brought to the columnstore: all of its rows are there, in order, or it is frozen.
-- Read as the columnstore's policy does; where that cannot be read, by whether the chunk is compressed.
CREATE OR REPLACE FUNCTION hyperstep_internal.is_in_columnstore(chunk regclass) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    status integer;
BEGIN
    IF to_regprocedure('_timescaledb_functions.chunk_status(regclass)') IS NULL THEN
        RETURN EXISTS (SELECT FROM timescaledb_information.chunks AS c
                       JOIN pg_namespace AS n ON n.nspname = c.chunk_schema
                       JOIN pg_class AS k ON k.relnamespace = n.oid AND k.relname = c.chunk_name
                       WHERE k.oid = chunk AND c.is_compressed);
    END IF;
    status := _timescaledb_functions.chunk_status(chunk);
    -- 1: compressed, and nothing beside it; 4: frozen.
    RETURN status = 1 OR status & 4 <> 0;
END $$;

-- The chunks of these hypertables and aggregates, and how large they are. bytes are those of the whole chunk, with
-- what is in the columnstore. Sizes are null, not errors, for a chunk that is dropped meanwhile.
--
-- No nested loops: the planner expects one chunk where there are thousands, and would go through all details once for
-- each of them.
CREATE OR REPLACE FUNCTION hyperstep_internal.managed_chunks(hypertables text[], aggregates text[])
RETURNS TABLE (
    relation text, chunk regclass, qualified_name text, range_start timestamptz, range_end timestamptz,
    is_compressed boolean, is_unordered boolean, pages bigint, analyzed_rows real, analyzed_pages integer,
    bytes bigint, columnstore regclass, bytes_before bigint, bytes_after bigint, rows_before bigint
) LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
BEGIN
    RETURN QUERY
    SELECT m.relation, k.oid::regclass, format('%I.%I', i.chunk_schema, i.chunk_name), i.range_start, i.range_end,
           i.is_compressed, coalesce(d.is_unordered, false),
           coalesce(pg_relation_size(k.oid) / current_setting('block_size')::bigint, 0), k.reltuples, k.relpages,
           coalesce(pg_total_relation_size(k.oid), 0)
               + coalesce(pg_total_relation_size(d.columnstore), d.bytes_after, 0),
           d.columnstore::regclass, d.bytes_before,
           CASE WHEN i.is_compressed THEN coalesce(pg_total_relation_size(d.columnstore), d.bytes_after) END,
           d.rows_before
    FROM hyperstep_internal.managed_hypertables() AS m
    JOIN timescaledb_information.chunks AS i
        ON i.hypertable_schema = m.rows_namespace AND i.hypertable_name = m.rows_name
    JOIN pg_namespace AS n ON n.nspname = i.chunk_schema
    JOIN pg_class AS k ON k.relnamespace = n.oid AND k.relname = i.chunk_name
    LEFT JOIN hyperstep_internal.chunk_details() AS d ON d.chunk = k.oid
    WHERE i.range_start IS NOT NULL
      AND m.relation = ANY (CASE WHEN m.rows_namespace = 'public' AND NOT m.is_continuous THEN hypertables
                                 ELSE aggregates END);
END $$;

-- How far continuous aggregates are computed, in seconds since 1970; null for one that holds nothing. Nothing where
-- it cannot be read.
CREATE OR REPLACE FUNCTION hyperstep_internal.aggregate_watermarks()
RETURNS TABLE (relation text, computed_until double precision)
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF hyperstep_internal.catalog_reads('watermarks') THEN
        -- The watermark of an aggregate that holds nothing lies before all time that can be meant.
        RETURN QUERY EXECUTE
            'SELECT m.relation, nullif(greatest(w.watermark, 0), 0)::double precision / 1000000
             FROM hyperstep_internal.managed_hypertables() AS m
             JOIN _timescaledb_catalog.continuous_aggs_watermark AS w ON w.mat_hypertable_id = m.number
             WHERE m.is_continuous';
    END IF;
END $$;

-- Everybody may call these: they run as their caller, and tell nothing that TimescaleDB does not tell everybody.
