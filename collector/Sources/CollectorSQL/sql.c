#include "CollectorSQL.h"
int collector_sql_placeholder(void) { return 0; }
