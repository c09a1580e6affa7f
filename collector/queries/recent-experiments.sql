-- Where each recent experiment stands, with some of its numbers picked out of JSON. NaN is a text in JSON, which
-- the casts understand.
-- :window  how far back, as '7 days'
SELECT DISTINCT ON (experiment_id)
       experiment_id, time, model_id, status, worker_id,
       (parameters ->> 'learning_rate')::double precision AS learning_rate,
       (parameters ->> 'batch_size')::integer AS batch_size,
       (metrics ->> 'val_loss')::double precision AS val_loss,
       (metrics ->> 'val_accuracy')::double precision AS val_accuracy
FROM experiments
WHERE time >= now() - INTERVAL :'window'
ORDER BY experiment_id, time DESC;
