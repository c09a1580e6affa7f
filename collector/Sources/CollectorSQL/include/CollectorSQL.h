#ifndef COLLECTOR_SQL_H
#define COLLECTOR_SQL_H

#include <stddef.h>

/// One SQL file as it stands in this target's folder. `text` has `length` bytes of UTF-8 and no terminator.
struct collector_sql_file {
    const char *name;
    const unsigned char *text;
    size_t length;
};

/// The frozen migrations, in the order of their numbers.
const struct collector_sql_file *collector_sql_migrations(size_t *count);

/// The repeatable ones, in the order in which they are run.
const struct collector_sql_file *collector_sql_repeatable(size_t *count);

#endif
