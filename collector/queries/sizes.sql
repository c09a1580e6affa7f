-- How much each hypertable has on disk, with indexes, in either edition.
SELECT h.hypertable_name, h.num_chunks,
       s.table_bytes, s.index_bytes, s.toast_bytes, s.total_bytes
FROM timescaledb_information.hypertables h
CROSS JOIN LATERAL hypertable_detailed_size(format('%I.%I', h.hypertable_schema, h.hypertable_name)) s
WHERE h.hypertable_schema = current_schema()
ORDER BY s.total_bytes DESC;
