-- A counter of one service per 5 minutes and value of one dimension, over all its processes: by how much it grew.
-- :service  as 'api'      :name  as 'requests_total'      :by  a dimension, as 'status'
-- :window   how far back, as '6 hours'
SELECT time_bucket(INTERVAL '5 minutes', m.time) AS bucket, s.dimensions ->> :'by' AS dimension,
       sum(m.sum) AS grown, sum(m.sum) / 300 AS per_second
FROM series s
JOIN service_metrics m ON m.series_id = s.id
WHERE s.service = :'service'
  AND s.name = :'name'
  AND s.kind = 1
  AND m.time >= now() - INTERVAL :'window'
GROUP BY 1, 2
ORDER BY 1, 2;
