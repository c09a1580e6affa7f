-- Ids that collectors remember do not outlive their rows: who deletes or renames names under a running collector has
-- it ask for them again.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

-- One row for each statement that deletes or changes names, until its transaction ends. The sequence of its ids counts
-- the generations of names.
CREATE TABLE hyperstep_internal.name_changes (
    id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME hyperstep_internal.name_generations) PRIMARY KEY
);
COMMENT ON TABLE hyperstep_internal.name_changes IS
    'Statements of open transactions that delete or change metrics, series or attempts of runs; empty otherwise.';

-- Told by the last statement of each transaction that writes rows by remembered ids. The lock is held until that
-- transaction is committed: whoever deletes names commits before it or after it, never in between. "hypnames" in ASCII.
CREATE FUNCTION hyperstep_internal.name_generation() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7528171871509767539);
    -- A sequence is read as it is at this moment, whatever the snapshot.
    RETURN (SELECT last_value FROM hyperstep_internal.name_generations);
END $$;

CREATE FUNCTION hyperstep_internal.note_name_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hyperstep_internal.name_changes DEFAULT VALUES;
    RETURN NULL;
END $$;

-- Runs when the deleting transaction commits, so that one which stays open keeps nobody waiting: it waits for the
-- commits under way, and no further one begins before it is over.
CREATE FUNCTION hyperstep_internal.begin_name_generation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7528171871509767539);
    PERFORM nextval('hyperstep_internal.name_generations');
    DELETE FROM hyperstep_internal.name_changes WHERE id = NEW.id;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER begin_name_generation AFTER INSERT ON hyperstep_internal.name_changes
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hyperstep_internal.begin_name_generation();

CREATE TRIGGER note_name_change AFTER UPDATE OR DELETE OR TRUNCATE ON metrics
FOR EACH STATEMENT EXECUTE FUNCTION hyperstep_internal.note_name_change();
CREATE TRIGGER note_name_change AFTER UPDATE OR DELETE OR TRUNCATE ON run_metric_names
FOR EACH STATEMENT EXECUTE FUNCTION hyperstep_internal.note_name_change();
CREATE TRIGGER note_name_change AFTER UPDATE OR DELETE OR TRUNCATE ON series
FOR EACH STATEMENT EXECUTE FUNCTION hyperstep_internal.note_name_change();
-- Updated by collectors all the time, which only lowers where an attempt begins.
CREATE TRIGGER note_name_change AFTER DELETE OR TRUNCATE ON run_attempts
FOR EACH STATEMENT EXECUTE FUNCTION hyperstep_internal.note_name_change();

REVOKE ALL ON FUNCTION
    hyperstep_internal.name_generation(),
    hyperstep_internal.note_name_change(),
    hyperstep_internal.begin_name_generation()
FROM PUBLIC;
