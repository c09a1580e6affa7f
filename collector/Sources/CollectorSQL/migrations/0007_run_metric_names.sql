-- Which metrics each run has logged: a run may have so many names and no more, and what it has is found at once.
-- Frozen: what is applied somewhere is never edited; a change is a new file with the next number.

CREATE TABLE run_metric_names (
    run_id    uuid NOT NULL,
    metric_id integer NOT NULL REFERENCES metrics,
    PRIMARY KEY (run_id, metric_id)
);
