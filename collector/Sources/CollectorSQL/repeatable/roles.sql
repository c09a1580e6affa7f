-- Who may do what. Owned objects are listed by name in public, where a user's own may stand beside them; what
-- is in hyperstep_internal is all ours.
-- Repeatable: run again whenever this file changes.

CREATE OR REPLACE FUNCTION hyperstep_internal.own_relations()
RETURNS TABLE (relation regclass, namespace name, name name, kind "char")
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.oid::regclass, n.nspname, c.relname, c.relkind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND (n.nspname = 'hyperstep_internal'
           OR n.nspname = 'public'
              AND (hyperstep_internal.is_managed(c.relname)
                   OR c.relname IN ('models', 'runs', 'run_attempts', 'training_steps', 'metrics', 'run_metric_names',
                                    'series', 'ingest_streams', 'ingest_rejects', 'hyperstep_schema_migrations')))
$$;

CREATE OR REPLACE FUNCTION hyperstep_internal.own_routines()
RETURNS TABLE (routine regprocedure, namespace name, name name, runs_as_owner boolean)
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.oid::regprocedure, n.nspname, p.proname, p.prosecdef
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = 'hyperstep_internal'
       OR n.nspname = 'public' AND p.proname IN ('latency_percentile', 'latency_percentiles', 'series_percentile', 'series_percentiles')
$$;

-- Grants what is missing, and returns how many grants that took. Looked at first: a grant on a hypertable is
-- one on each of its chunks.
CREATE OR REPLACE FUNCTION hyperstep_internal.grant_on_relation(role name, target regclass, privileges text)
RETURNS integer LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A list of privileges would be true of any of them.
    IF (SELECT bool_and(has_table_privilege(role, target, btrim(p)))
        FROM regexp_split_to_table(privileges, ',') AS p) THEN
        RETURN 0;
    END IF;
    EXECUTE format('GRANT %s ON %s TO %I', privileges, target, role);
    RETURN 1;
END $$;

-- Gives the collector's and the reader's role what they need of everything that there is by now. Called at the
-- end of each migration, by the owner.
CREATE OR REPLACE FUNCTION hyperstep_internal.grant_roles() RETURNS integer
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder record;
    item record;
    granted integer := 0;
BEGIN
    -- A database that was restored on another server may know roles that are not there.
    FOR holder IN SELECT r.duty, r.name FROM hyperstep_internal.roles AS r JOIN pg_roles AS p ON p.rolname = r.name
    LOOP
        FOR item IN SELECT n.nspname AS name FROM pg_namespace AS n
                    WHERE n.nspname = 'hyperstep_internal' AND NOT has_schema_privilege(holder.name, n.oid, 'USAGE')
        LOOP
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', item.name, holder.name);
            granted := granted + 1;
        END LOOP;

        FOR item IN SELECT * FROM hyperstep_internal.own_relations() LOOP
            granted := granted + CASE
                WHEN item.namespace = 'hyperstep_internal'
                     AND (holder.duty = 'reader' OR item.name IN ('roles', 'name_changes')) THEN 0
                -- The aggregates that the collector keeps, and what it needs to keep them.
                WHEN item.namespace = 'hyperstep_internal' THEN hyperstep_internal.grant_on_relation(
                    holder.name, item.relation,
                    CASE WHEN item.kind <> 'r' THEN 'SELECT' WHEN item.name = 'kept_aggregates' THEN 'SELECT, UPDATE'
                         ELSE 'SELECT, INSERT, UPDATE, DELETE' END)
                WHEN holder.duty = 'reader' OR item.kind <> 'r' OR item.name = 'hyperstep_schema_migrations'
                THEN hyperstep_internal.grant_on_relation(holder.name, item.relation, 'SELECT')
                WHEN item.name IN ('models', 'runs', 'run_attempts', 'ingest_streams')
                THEN hyperstep_internal.grant_on_relation(holder.name, item.relation, 'SELECT, INSERT, UPDATE')
                ELSE hyperstep_internal.grant_on_relation(holder.name, item.relation, 'SELECT, INSERT')
            END;
        END LOOP;

        -- A function that runs as its caller gives nothing that the caller has not. Those of this file are for
        -- the owner.
        FOR item IN
            SELECT o.routine FROM hyperstep_internal.own_routines() AS o
            WHERE (holder.duty = 'collector' OR NOT o.runs_as_owner)
              AND NOT (o.namespace = 'hyperstep_internal'
                       AND o.name IN ('grant_on_relation', 'grant_roles', 'take_ownership'))
              AND NOT has_function_privilege(holder.name, o.routine, 'EXECUTE')
        LOOP
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', item.routine, holder.name);
            granted := granted + 1;
        END LOOP;
    END LOOP;
    RETURN granted;
END $$;

-- Makes a role the owner of all that is Hyperstep's, chunks and jobs with it. The caller is a superuser, or
-- owner of it all and a member of the role; the latter cannot where chunks are, see docs/operations.md.
CREATE OR REPLACE FUNCTION hyperstep_internal.take_ownership(new_owner name) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
BEGIN
    -- First, so that the new owner may have things in it.
    EXECUTE format('ALTER SCHEMA hyperstep_internal OWNER TO %I', new_owner);
    FOR item IN
        SELECT r.relation, CASE WHEN a.view_name IS NOT NULL THEN 'MATERIALIZED VIEW'
                                WHEN r.kind = 'v' THEN 'VIEW' WHEN r.kind = 'm' THEN 'MATERIALIZED VIEW'
                                ELSE 'TABLE' END AS kind
        FROM hyperstep_internal.own_relations() AS r
        LEFT JOIN timescaledb_information.continuous_aggregates AS a
            ON a.view_schema = r.namespace AND a.view_name = r.name
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO %I', item.kind, item.relation, new_owner);
    END LOOP;
    FOR item IN SELECT o.routine FROM hyperstep_internal.own_routines() AS o LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO %I', item.routine, new_owner);
    END LOOP;

    -- TimescaleDB before 2.26 leaves the jobs with their old owner, as whom they would fail.
    FOR item IN
        SELECT j.job_id, m.relation, j.proc_name, j.schedule_interval, j.config
        FROM hyperstep_internal.managed_jobs() AS m
        JOIN timescaledb_information.jobs AS j ON j.job_id = m.job_id
        WHERE j.proc_name IN ('policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate')
          AND j.owner::text <> quote_ident(new_owner)
    LOOP
        PERFORM public.delete_job(item.job_id);
        CASE item.proc_name
            WHEN 'policy_retention' THEN
                PERFORM hyperstep_internal.set_retention(
                    item.relation, (item.config ->> 'drop_after')::interval);
            WHEN 'policy_compression' THEN
                PERFORM hyperstep_internal.set_compression(
                    item.relation, (item.config ->> 'compress_after')::interval);
            ELSE
                PERFORM hyperstep_internal.set_refresh(
                    item.relation, (item.config ->> 'start_offset')::interval,
                    (item.config ->> 'end_offset')::interval, item.schedule_interval);
        END CASE;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION
    hyperstep_internal.own_relations(),
    hyperstep_internal.own_routines(),
    hyperstep_internal.grant_on_relation(name, regclass, text),
    hyperstep_internal.grant_roles(),
    hyperstep_internal.take_ownership(name)
FROM PUBLIC;
