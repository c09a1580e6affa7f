# shellcheck shell=bash
# What the checks of the examples share: a database of their own on the server at hand, a collector beside it, and
# questions to it. Needs common.sh, packages.sh, swift.sh, collector.sh and url.sh.

# begin_example NAME NEED…: installs what is missing, makes a folder for what the check leaves behind.
begin_example() {
    EXAMPLE=$1
    shift
    EXAMPLE_FOLDER="$HYPERSTEP_ROOT/sdk-examples/$EXAMPLE"
    WORK="$DEV/examples/$EXAMPLE"
    COLLECTOR_HOME="$WORK/collector"
    COLLECTOR_LOG="$LOGS/example-$EXAMPLE-collector.log"
    DATABASE="" DATABASE_SERVER_IS_OURS=no CHILDREN=""
    # shellcheck disable=SC2086
    ensure $BUILD_NEEDS psql python3 ps "$@"
    find_swift
    trap end_example EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    stop_collector  # of a check that was killed
    rm -rf "$WORK"
    mkdir -p "$WORK" "$LOGS"
}

# The processes, the collector and the database of this check, and the server if it did not run before.
end_example() {
    local child
    end_logged
    for child in $CHILDREN; do kill -9 "$child" 2>/dev/null || true; done
    stop_collector
    if [ -n "$DATABASE" ]; then
        PGDATABASE=$SERVER_DATABASE psql -X -q -c "DROP DATABASE IF EXISTS $DATABASE WITH (FORCE)" >/dev/null 2>&1 </dev/null || true
    fi
    if [ "$DATABASE_SERVER_IS_OURS" = yes ]; then
        "$HYPERSTEP_ROOT/scripts/dev-database" stop >/dev/null </dev/null || true
    fi
}

# build_example NAME: builds it in release and sets BINARY. HYPERSTEP_EXAMPLES is a folder where they are built already.
build_example() {
    if [ -n "${HYPERSTEP_EXAMPLES:-}" ]; then
        BINARY="$HYPERSTEP_EXAMPLES/$1"
        [ -x "$BINARY" ] || fail "there is no $BINARY"
        return
    fi
    local where=(--package-path "$HYPERSTEP_ROOT/sdk-examples/$1" --scratch-path "$EXAMPLES_BUILD")
    # Else what to build may be what another example left to build in that folder.
    where+=(--disable-build-manifest-caching)
    logged "build-$1" "building sdk-examples/$1 (release)" swift build -c release "${where[@]}" --product "$1" || exit 1
    BINARY="$(swift build -c release "${where[@]}" --show-bin-path)/$1"
}

# HYPERSTEP_COLLECTOR is one that is built already.
build_collector() {
    COLLECTOR=${HYPERSTEP_COLLECTOR:-}
    if [ -n "$COLLECTOR" ]; then return; fi
    logged build-collector "building the collector (release)" \
        swift build -c release --package-path "$HYPERSTEP_ROOT/collector" --product hyperstep-collector || exit 1
    COLLECTOR=$(swift build -c release --package-path "$HYPERSTEP_ROOT/collector" --show-bin-path)/hyperstep-collector
}

# Makes a database, starts a collector, and has the SDK of what is started from here on find it.
start_backend() {
    local dev="$HYPERSTEP_ROOT/scripts/dev-database" url rest query="" port
    build_collector
    if ! "$dev" status >/dev/null 2>&1 </dev/null; then DATABASE_SERVER_IS_OURS=yes; fi
    "$dev" start </dev/null >&2
    url=$("$dev" url </dev/null)
    use_url "$url"
    SERVER_DATABASE=$PGDATABASE
    DATABASE=hyperstep_example_$(random_hex 6)
    psql -X -q -v ON_ERROR_STOP=1 -c "CREATE DATABASE $DATABASE" >&2 </dev/null
    export PGDATABASE=$DATABASE
    if [ -n "${HYPERSTEP_TEST_TIMESCALEDB_VERSION:-}" ]; then
        psql -X -q -v ON_ERROR_STOP=1 -c "CREATE EXTENSION timescaledb VERSION '$HYPERSTEP_TEST_TIMESCALEDB_VERSION'" >&2 </dev/null
    fi
    rest=${url#*://}
    case "$url" in *\?*) query="?${url#*\?}" ;; esac
    DATABASE_URL="${url%%://*}://${rest%%[/?]*}/$DATABASE$query"
    HYPERSTEP_DATABASE_URL=$DATABASE_URL "$COLLECTOR" migrate >"$LOGS/example-$EXAMPLE-migrate.log" 2>&1 </dev/null || {
        cat "$LOGS/example-$EXAMPLE-migrate.log" >&2
        fail "the migration failed"
    }
    port=$(free_port $((20000 + $(number_of "$HYPERSTEP_ROOT" 5000))))
    start_collector "$COLLECTOR" "$port" "$DATABASE_URL"
    say "database $DATABASE, collector on 127.0.0.1:$port"
    export HYPERSTEP_ENDPOINT="http://127.0.0.1:$port" HYPERSTEP_MODE=online HYPERSTEP_DIR="$WORK/state"
    unset HYPERSTEP_TOKEN HYPERSTEP_RANK
}

# The database's answers to what comes on standard input, columns separated by spaces.
ask() { psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 "$@"; }

# Has what killed processes left behind sent now.
replay() {
    HYPERSTEP_DATABASE_URL=$DATABASE_URL "$COLLECTOR" replay "$HYPERSTEP_DIR" >"$LOGS/example-$EXAMPLE-replay.log" 2>&1 </dev/null ||
        fail "the collector could not replay $HYPERSTEP_DIR: see $LOGS/example-$EXAMPLE-replay.log"
}

# expect WHAT EXPECTED FOUND
expect() {
    [ "$2" = "$3" ] || fail "$1: expected $2, found $3 (the collector's log is $COLLECTOR_LOG)"
    printf '  %s: %s\n' "$1" "$3"
}

# field JSON NAME: a field of an object on one line.
field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"; }
