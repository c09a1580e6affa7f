-- One model in buckets of 15 minutes over 7 days, from the minutes that are computed already.
-- Averages of averages would be wrong: the moments are merged, which keep count, sum and squares.
-- :model  id of the model
SELECT time_bucket(INTERVAL '15 minutes', bucket) AS quarter,
       sum(sample_count)::bigint AS steps,
       float8_avg(hyperstep_internal.merge_moments(loss_moments)) AS avg_loss,
       min(min_loss) AS min_loss,
       max(max_loss) AS max_loss,
       float8_avg(hyperstep_internal.merge_moments(accuracy_moments)) AS avg_accuracy,
       sum(loss_non_finite)::bigint AS losses_not_finite
FROM training_metrics_minutely
WHERE model_id = :'model'
  AND bucket >= now() - INTERVAL '7 days'
GROUP BY quarter
ORDER BY quarter;
