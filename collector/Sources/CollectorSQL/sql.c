#include "CollectorSQL.h"

// The files become part of the binary, which can then be moved anywhere.

static const unsigned char migration_0001[] = {
#embed "migrations/0001_training.sql"
};

static const unsigned char migration_0002[] = {
#embed "migrations/0002_everything_recorded.sql"
};

static const unsigned char migration_0003[] = {
#embed "migrations/0003_kept_aggregates.sql"
};

static const unsigned char migration_0004[] = {
#embed "migrations/0004_roles.sql"
};

static const unsigned char migration_0005[] = {
#embed "migrations/0005_indexes.sql"
};

static const unsigned char migration_0006[] = {
#embed "migrations/0006_maintenance.sql"
};

static const unsigned char migration_0007[] = {
#embed "migrations/0007_run_metric_names.sql"
};

static const unsigned char migration_0008[] = {
#embed "migrations/0008_run_life.sql"
};

static const unsigned char migration_0009[] = {
#embed "migrations/0009_service_metrics.sql"
};

static const unsigned char migration_0010[] = {
#embed "migrations/0010_name_generations.sql"
};

static const unsigned char repeatable_timescaledb[] = {
#embed "repeatable/timescaledb.sql"
};

static const unsigned char repeatable_aggregates[] = {
#embed "repeatable/aggregates.sql"
};

static const unsigned char repeatable_policy_functions[] = {
#embed "repeatable/policy_functions.sql"
};

static const unsigned char repeatable_jobs[] = {
#embed "repeatable/jobs.sql"
};

static const unsigned char repeatable_views[] = {
#embed "repeatable/views.sql"
};

static const unsigned char repeatable_series[] = {
#embed "repeatable/series.sql"
};

static const unsigned char repeatable_restored_rows[] = {
#embed "repeatable/restored_rows.sql"
};

static const unsigned char repeatable_roles[] = {
#embed "repeatable/roles.sql"
};

static const unsigned char repeatable_comments[] = {
#embed "repeatable/comments.sql"
};

static const struct collector_sql_file migrations[] = {
    {"0001_training.sql", migration_0001, sizeof migration_0001},
    {"0002_everything_recorded.sql", migration_0002, sizeof migration_0002},
    {"0003_kept_aggregates.sql", migration_0003, sizeof migration_0003},
    {"0004_roles.sql", migration_0004, sizeof migration_0004},
    {"0005_indexes.sql", migration_0005, sizeof migration_0005},
    {"0006_maintenance.sql", migration_0006, sizeof migration_0006},
    {"0007_run_metric_names.sql", migration_0007, sizeof migration_0007},
    {"0008_run_life.sql", migration_0008, sizeof migration_0008},
    {"0009_service_metrics.sql", migration_0009, sizeof migration_0009},
    {"0010_name_generations.sql", migration_0010, sizeof migration_0010},
};

static const struct collector_sql_file repeatable[] = {
    {"timescaledb.sql", repeatable_timescaledb, sizeof repeatable_timescaledb},
    {"aggregates.sql", repeatable_aggregates, sizeof repeatable_aggregates},
    {"policy_functions.sql", repeatable_policy_functions, sizeof repeatable_policy_functions},
    {"jobs.sql", repeatable_jobs, sizeof repeatable_jobs},
    {"views.sql", repeatable_views, sizeof repeatable_views},
    {"series.sql", repeatable_series, sizeof repeatable_series},
    {"restored_rows.sql", repeatable_restored_rows, sizeof repeatable_restored_rows},
    {"roles.sql", repeatable_roles, sizeof repeatable_roles},
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
