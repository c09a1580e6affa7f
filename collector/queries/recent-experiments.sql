-- Where each recent experiment stands, with some of its numbers picked out of JSON. NaN is a text in JSON, which
-- the casts understand; any other text, as "auto", is null here rather than an error for everybody.
-- :window  how far back, as '7 days'
SELECT DISTINCT ON (experiment_id)
       experiment_id, time, model_id, status, worker_id,
       CASE WHEN jsonb_typeof(parameters -> 'learning_rate') = 'number'
              OR parameters ->> 'learning_rate' IN ('NaN', 'Infinity', '-Infinity')
            THEN (parameters ->> 'learning_rate')::double precision END AS learning_rate,
       CASE WHEN jsonb_typeof(parameters -> 'batch_size') = 'number'
              OR parameters ->> 'batch_size' IN ('NaN', 'Infinity', '-Infinity')
            THEN (parameters ->> 'batch_size')::double precision END AS batch_size,
       CASE WHEN jsonb_typeof(metrics -> 'val_loss') = 'number'
              OR metrics ->> 'val_loss' IN ('NaN', 'Infinity', '-Infinity')
            THEN (metrics ->> 'val_loss')::double precision END AS val_loss,
       CASE WHEN jsonb_typeof(metrics -> 'val_accuracy') = 'number'
              OR metrics ->> 'val_accuracy' IN ('NaN', 'Infinity', '-Infinity')
            THEN (metrics ->> 'val_accuracy')::double precision END AS val_accuracy
FROM experiments
WHERE time >= now() - INTERVAL :'window'
ORDER BY experiment_id, time DESC;
