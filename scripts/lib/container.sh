# shellcheck shell=bash
# TimescaleDB's official image in a container, where a Docker engine (or podman) answers. Needs
# common.sh and cluster.sh (setup_sql, put, cluster_value). Its data is in a volume of the container's name.

CONTAINER_IMAGE=timescale/timescaledb:latest-pg17

find_container() {
    for DOCKER in docker podman; do
        if have "$DOCKER" && "$DOCKER" info >/dev/null 2>&1 && [ "$("$DOCKER" info --format '{{.Name}}{{.ServerVersion}}' 2>/dev/null || echo podman)" != "" ]; then
            PG_MAJOR=17
            TS_VERSION=
            BEST_EDITION=community
            return 0
        fi
    done
    return 1
}

select_container() {
    CLUSTER="$DEV/database/container-$PG_MAJOR-$EDITION"
    CONTAINER="hyperstep-$(number_of "$HYPERSTEP_ROOT" 100000)-$EDITION"
}

container_running() { [ "$("$DOCKER" inspect -f '{{.State.Running}}' "$CONTAINER" 2>/dev/null)" = true ]; }

container_psql() {
    "$DOCKER" exec -i "$CONTAINER" psql -X -q -A -t -v ON_ERROR_STOP=1 -U postgres "$@"
}

run_container() {
    local license=timescale port
    [ "$EDITION" = community ] || license=apache
    port=$(free_port $((21000 + $(number_of "$CLUSTER" 7000))))
    mkdir -p "$CLUSTER"
    rm -f "$CLUSTER/ready"
    echo "$port" | put port
    random_hex 16 | put password
    # By name alone: the value goes by the environment, not by the command line.
    POSTGRES_PASSWORD=$(cluster_value password) "$DOCKER" run -d --name "$CONTAINER" \
        -p "127.0.0.1:$port:5432" -v "$CONTAINER:/var/lib/postgresql/data" \
        -e POSTGRES_PASSWORD -e TIMESCALEDB_TELEMETRY=off --shm-size 512m "$CONTAINER_IMAGE" \
        -c timescaledb.license="$license" -c timescaledb.telemetry_level=off -c max_connections=100 \
        -c shared_buffers=256MB -c max_wal_size=2GB -c max_locks_per_transaction=256 \
        -c max_worker_processes=64 -c timescaledb.max_background_workers=32 -c jit=off >/dev/null
}

start_container() {
    local waited=0
    if ! container_running; then
        say "starting the container $CONTAINER of $CONTAINER_IMAGE"
        if [ -e "$CLUSTER/ready" ] && "$DOCKER" inspect "$CONTAINER" >/dev/null 2>&1; then
            "$DOCKER" start "$CONTAINER" >/dev/null
        else
            "$DOCKER" rm -f -v "$CONTAINER" >/dev/null 2>&1 || true
            "$DOCKER" volume rm "$CONTAINER" >/dev/null 2>&1 || true
            run_container
        fi
    fi
    # While it sets itself up it answers on its socket alone.
    until "$DOCKER" exec "$CONTAINER" pg_isready -q -h 127.0.0.1 2>/dev/null; do
        waited=$((waited + 1))
        [ "$waited" -lt 120 ] || fail "the container $CONTAINER does not answer; see: $DOCKER logs $CONTAINER"
        sleep 1
    done
    TS_VERSION=$(container_psql -d postgres -c "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'")
    if [ ! -e "$CLUSTER/ready" ]; then
        # The image puts the extension, as the superuser's, into every database made after it.
        container_psql -d template1 -c 'DROP EXTENSION IF EXISTS timescaledb CASCADE'
        setup_sql | container_psql -d postgres -f -
        put ready </dev/null
    fi
}

stop_container() { if container_running; then "$DOCKER" stop -t 60 "$CONTAINER" >/dev/null; fi; }

kill_container() {
    container_running || fail -s 3 "the $EDITION server is not running"
    "$DOCKER" kill "$CONTAINER" >/dev/null
    "$DOCKER" wait "$CONTAINER" >/dev/null 2>&1 || true
}
