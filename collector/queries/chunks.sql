-- The chunks of a hypertable in the last days: their ranges and sizes on disk, compressed or not.
-- :table  as 'training_metrics'      :window  how far back, as '7 days'
SELECT c.chunk_name, c.range_start, c.range_end, c.is_compressed,
       s.table_bytes, s.index_bytes, s.toast_bytes, s.total_bytes
FROM timescaledb_information.chunks c
JOIN chunks_detailed_size(:'table') s USING (chunk_schema, chunk_name)
WHERE c.hypertable_schema = current_schema()
  AND c.hypertable_name = :'table'
  AND c.range_end >= now() - INTERVAL :'window'
ORDER BY c.range_start;
