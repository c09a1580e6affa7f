int collector_sql_placeholder(void);
