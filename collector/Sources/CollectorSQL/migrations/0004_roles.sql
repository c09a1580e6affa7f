-- Which roles are to be granted what, so that whoever migrates can grant it for new objects as well.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE hyperstep_internal.roles (
    duty text PRIMARY KEY CHECK (duty IN ('collector', 'reader')),
    name name NOT NULL
);
COMMENT ON TABLE hyperstep_internal.roles IS
    'The roles that hyperstep-collector migrate --create-roles made for this database. Its owner owns the schema.';
