-- How far each hypertable's chunks of the last days are compressed. Community: in the Apache edition nothing is.
-- :window  how far back, as '30 days'
SELECT h.hypertable_name,
       count(*) AS chunks,
       count(s.after_compression_total_bytes) AS compressed,
       sum(s.before_compression_total_bytes)::bigint AS bytes_before,
       sum(s.after_compression_total_bytes)::bigint AS bytes_after,
       sum(s.before_compression_total_bytes)::double precision
           / nullif(sum(s.after_compression_total_bytes), 0) AS ratio
FROM timescaledb_information.hypertables h
CROSS JOIN LATERAL chunk_compression_stats(format('%I.%I', h.hypertable_schema, h.hypertable_name)) s
JOIN timescaledb_information.chunks c USING (chunk_schema, chunk_name)
WHERE h.hypertable_schema = current_schema()
  AND c.range_end >= now() - INTERVAL :'window'
GROUP BY h.hypertable_name
ORDER BY h.hypertable_name;
