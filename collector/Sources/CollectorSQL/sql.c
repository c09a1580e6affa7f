#include "CollectorSQL.h"

// The files become part of the binary, which can then be moved anywhere.

static const unsigned char migration_0001[] = {
#embed "migrations/0001_training.sql"
};

static const unsigned char migration_0002[] = {
#embed "migrations/0002_everything_recorded.sql"
};

static const unsigned char migration_0007[] = {
#embed "migrations/0007_run_life.sql"
};

static const unsigned char repeatable_views[] = {
#embed "repeatable/views.sql"
};

static const unsigned char repeatable_comments[] = {
#embed "repeatable/comments.sql"
};

static const struct collector_sql_file migrations[] = {
    {"0001_training.sql", migration_0001, sizeof migration_0001},
    {"0002_everything_recorded.sql", migration_0002, sizeof migration_0002},
    {"0007_run_life.sql", migration_0007, sizeof migration_0007},
};

static const struct collector_sql_file repeatable[] = {
    {"views.sql", repeatable_views, sizeof repeatable_views},
    {"comments.sql", repeatable_comments, sizeof repeatable_comments},
};

const struct collector_sql_file *collector_sql_migrations(size_t *count) {
    *count = sizeof migrations / sizeof *migrations;
    return migrations;
}

const struct collector_sql_file *collector_sql_repeatable(size_t *count) {
    *count = sizeof repeatable / sizeof *repeatable;
    return repeatable;
}
