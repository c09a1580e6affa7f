# shellcheck shell=bash
# One PostgreSQL cluster of our own: made, started, stopped, killed. Needs common.sh.
#
# The caller says in which world the server lives:
#   SOURCE        installed | packages
#   EDITION       community | apache
#   PG_BIN        the server's programs, as seen from inside that world
#   PG_MAJOR TS_VERSION
#   SERVER_ROOT   a folder that the server is confined to (chroot), or empty
# and select_cluster makes of it:
#   CLUSTER       our folder about this cluster: port, password, pid, and data (a folder or a link)
#   DATA_INSIDE   the data folder as the server sees it
#   SERVER_USER   whom the server runs as

select_cluster() {
    CLUSTER="$DEV/database/$SOURCE-$PG_MAJOR-$EDITION"
    if [ -n "$SERVER_ROOT" ]; then
        DATA_INSIDE="/srv/$(basename "$CLUSTER")"
        SERVER_USER=postgres
    else
        # A link is followed here, once, so that what ps shows of the server can be compared with it.
        DATA_INSIDE="$CLUSTER/data"
        [ ! -d "$DATA_INSIDE" ] || DATA_INSIDE=$(resolve_link "$CLUSTER/data")
        SERVER_USER=$(server_user)
    fi
}

resolve_link() { if [ -L "$1" ]; then readlink "$1"; else printf '%s\n' "$1"; fi; }

# PostgreSQL refuses to run as root: its own user then, or the one that belongs to nobody. Data that is
# there already keeps its owner.
server_user() {
    if ! is_root; then
        id -un
    elif [ -d "$CLUSTER/data/" ]; then
        # Linux's stat, then the Mac's.
        stat -L -c %U "$CLUSTER/data" 2>/dev/null || stat -L -f %Su "$CLUSTER/data"
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

# Runs a command as the server's user in the server's world.
server_run() {
    if [ -n "$SERVER_ROOT" ]; then
        as_root chroot --userspec=postgres:postgres "$SERVER_ROOT" \
            /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"
    else
        as_user "$SERVER_USER" "$@"
    fi
}

# server_write FILE: what comes on standard input, readable by the server alone.
server_write() {
    # shellcheck disable=SC2016 # the inner shell expands it
    server_run sh -c 'umask 077; cat >"$1"' sh "$1"
}

# put FILE: what comes on standard input, into our folder. A file that root left there is replaced.
put() { rm -f "$CLUSTER/$1"; (umask 077; cat >"$CLUSTER/$1"); }

cluster_value() { cat "$CLUSTER/$1" 2>/dev/null || true; }

# is_our_server PID: a number alone proves nothing, it may be another process's by now.
is_our_server() {
    [ -n "$1" ] && ps -p "$1" -o args= 2>/dev/null | grep -F -q -- "-D $DATA_INSIDE"
}

cluster_running() { is_our_server "$(cluster_value pid)"; }

# A folder for the data that the server's user can reach: ours may lie under one that it cannot, such
# as /root.
place_data() {
    mkdir -p "$CLUSTER"
    chmod 711 "$CLUSTER"
    if [ -n "$SERVER_ROOT" ]; then
        as_root chroot "$SERVER_ROOT" /usr/bin/install -d -m 700 -o postgres -g postgres "$DATA_INSIDE"
        ln -sfn "$SERVER_ROOT$DATA_INSIDE" "$CLUSTER/data"
        return
    fi
    [ ! -d "$CLUSTER/data/" ] || return 0
    rm -f "$CLUSTER/data"
    mkdir -m 700 "$CLUSTER/data"
    ! is_root || chown "$SERVER_USER" "$CLUSTER/data"
    if ! as_user "$SERVER_USER" test -w "$CLUSTER/data" 2>/dev/null; then
        local elsewhere
        rmdir "$CLUSTER/data"
        # /var/tmp outlives a restart of the machine; /tmp is memory on many.
        elsewhere=$(mktemp -d "${TMPDIR:-/var/tmp}/hyperstep-database.XXXXXX")
        chown "$SERVER_USER" "$elsewhere"
        as_user "$SERVER_USER" test -w "$elsewhere" 2>/dev/null ||
            fail "the user $SERVER_USER can reach neither $CLUSTER nor $elsewhere; set TMPDIR to a folder it can reach"
        ln -s "$elsewhere" "$CLUSTER/data"
        say "the user $SERVER_USER cannot reach $CLUSTER: the data is in $elsewhere ($CLUSTER/data links there)"
    fi
    DATA_INSIDE=$(resolve_link "$CLUSTER/data")
}

# Everything that initdb and we make once. The file "ready" says that it was made to the end.
create_cluster() {
    [ -z "$SERVER_ROOT" ] || [ -d "$SERVER_ROOT$DATA_INSIDE" ] || rm -f "$CLUSTER/ready"
    [ -n "$SERVER_ROOT" ] || [ -d "$CLUSTER/data/" ] || rm -f "$CLUSTER/ready"
    [ ! -e "$CLUSTER/ready" ] || return 0
    place_data
    say "making a new cluster for the $EDITION edition (user $SERVER_USER, data in $CLUSTER/data)"
    # What an interrupted start left.
    server_run find "$DATA_INSIDE" -mindepth 1 -delete
    random_hex 16 | put password
    local secret
    secret=$(server_run mktemp /tmp/hyperstep.XXXXXX)
    server_write "$secret" <"$CLUSTER/password"
    # Nothing here is worth an fsync yet: a crash now starts over.
    server_run "$PG_BIN/initdb" -D "$DATA_INSIDE" -U postgres --pwfile="$secret" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync >"$CLUSTER/initdb.log" 2>&1 || {
        server_run rm -f "$secret"
        cat "$CLUSTER/initdb.log" >&2
        fail "initdb failed in $CLUSTER/data"
    }
    server_run rm -f "$secret"
    # shellcheck disable=SC2016
    server_run sh -c 'echo "include '\''hyperstep.conf'\''" >>"$1/postgresql.conf"' sh "$DATA_INSIDE"
}

# Crashes are part of what is tested on this server: fsync and synchronous_commit stay on.
server_settings() {
    cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.license = '$([ "$EDITION" = community ] && echo timescale || echo apache)'
max_connections = 100
shared_buffers = '256MB'
maintenance_work_mem = '128MB'
max_wal_size = '2GB'
max_locks_per_transaction = 256
# Each database with the extension takes a worker of its own, and tests make many databases.
max_worker_processes = 64
timescaledb.max_background_workers = 32
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
SETTINGS
}

setup_sql() {
    cat <<SQL
CREATE ROLE hyperstep LOGIN CREATEDB PASSWORD '$(cluster_value password)';
CREATE DATABASE hyperstep OWNER hyperstep TEMPLATE template0;
SQL
}

# Runs SQL from standard input as the superuser, whose password goes by a file: a command line shows to all.
server_sql() {
    local secret status=0
    secret=$(server_run mktemp /tmp/hyperstep.XXXXXX)
    printf '*:*:*:*:%s\n' "$(cluster_value password)" | server_write "$secret"
    server_run env PGPASSFILE="$secret" "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 \
        -p "$(cluster_value port)" -U postgres -d postgres -f - || status=$?
    server_run rm -f "$secret"
    return "$status"
}

# try_start PORT: starts the server; its log says why not.
try_start() {
    server_settings "$1" | server_write "$DATA_INSIDE/hyperstep.conf"
    # shellcheck disable=SC2016
    server_run sh -c 'cd "$1" && if [ -f server.log ]; then mv server.log server.log.1; fi' sh "$DATA_INSIDE"
    server_run "$PG_BIN/pg_ctl" -D "$DATA_INSIDE" -l "$DATA_INSIDE/server.log" -w -t 120 start \
        </dev/null >"$CLUSTER/pg_ctl.log" 2>&1
}

# A server that died leaves its lock file. PostgreSQL mends that by itself unless the number in it is by
# now another process's.
mend_lock_file() {
    local pid
    pid=$(server_run head -n 1 "$DATA_INSIDE/postmaster.pid" 2>/dev/null) || return 0
    if is_our_server "$pid"; then
        echo "$pid" | put pid
        return
    fi
    say "the server was not stopped cleanly last time: PostgreSQL recovers by itself"
    if ps -p "$pid" >/dev/null 2>&1; then
        await_orphans
        say "(its lock file names process $pid, which is not this server: removed)"
        server_run rm -f "$DATA_INSIDE/postmaster.pid"
    fi
}

# Waits until no process is at work in the data folder any more: without the lock file PostgreSQL does not
# look for the children of a killed server. Where there is no /proc, it is left at that.
await_orphans() {
    local waited=0 data
    data=$(resolve_link "$CLUSTER/data")
    while find /proc -maxdepth 2 -name cwd -lname "$data" 2>/dev/null | grep -q .; do
        [ "$waited" -lt 300 ] || fail "processes of a killed server are still at work in $data"
        waited=$((waited + 1))
        sleep 0.1
    done
}

start_cluster() {
    if cluster_running; then return 0; fi
    if [ -z "$SERVER_ROOT" ] && ! is_root && [ -d "$CLUSTER/data/" ] && [ ! -O "$CLUSTER/data" ]; then
        fail "$CLUSTER/data belongs to another user (made as root?): run this as that user, or remove $CLUSTER"
    fi
    create_cluster
    mend_lock_file
    if cluster_running; then return 0; fi
    local port tries=0 log
    port=$(cluster_value port)
    if [ -z "$port" ]; then
        port=$(free_port $((21000 + $(number_of "$CLUSTER" 7000))))
    elif port_answers "$port"; then
        say "port $port is taken by another program: choosing another"
        port=$(free_port "$port")
    fi
    until try_start "$port"; do
        tries=$((tries + 1))
        log=$(server_run tail -n 30 "$DATA_INSIDE/server.log" 2>/dev/null || cat "$CLUSTER/pg_ctl.log")
        [ "$tries" -lt 10 ] || { printf '%s\n' "$log" >&2; fail "PostgreSQL does not start"; }
        case "$log" in
            *"could not bind"* | *"could not create any TCP/IP sockets"*) port=$(free_port $((port + 1))) ;;
            # Children of a server that was killed, about to notice.
            *"pre-existing shared memory block"* | *"is already in use"*) sleep 1 ;;
            *) printf '%s\n' "$log" >&2; fail "PostgreSQL does not start (data in $CLUSTER/data)" ;;
        esac
    done
    echo "$port" | put port
    server_run head -n 1 "$DATA_INSIDE/postmaster.pid" | put pid
    if [ ! -e "$CLUSTER/ready" ]; then
        setup_sql | server_sql
        put ready </dev/null
    fi
}

stop_cluster() {
    cluster_running || mend_lock_file
    if cluster_running; then
        server_run "$PG_BIN/pg_ctl" -D "$DATA_INSIDE" -m fast -w -t 60 stop >"$CLUSTER/pg_ctl.log" 2>&1 ||
            server_run "$PG_BIN/pg_ctl" -D "$DATA_INSIDE" -m immediate -w -t 30 stop >>"$CLUSTER/pg_ctl.log" 2>&1 ||
            { cat "$CLUSTER/pg_ctl.log" >&2; fail "the server with data in $CLUSTER/data does not stop"; }
    fi
    rm -f "$CLUSTER/pid"
}

signal() { if is_root || [ -z "$SERVER_ROOT" ]; then kill "$@" 2>/dev/null; else as_root kill "$@" 2>/dev/null; fi; }

# SIGKILL to the server, as a crash would; comes back when none of its processes is left.
kill_cluster() {
    local pid children child left waited=0
    pid=$(cluster_value pid)
    is_our_server "$pid" || fail -s 3 "the $EDITION server is not running"
    # Stopped first, so that it has no child that we do not know of.
    signal -STOP "$pid" || true
    children=$(ps -A -o ppid= -o pid= | awk -v parent="$pid" '$1 == parent { print $2 }')
    signal -KILL "$pid" || true
    for child in $pid $children; do
        # A child notices within moments; one deep in a query is helped.
        while ps -p "$child" -o stat= 2>/dev/null | grep -q '^[^Z]'; do
            sleep 0.05
            waited=$((waited + 1))
            if [ "$waited" -eq 100 ]; then
                for left in $children; do signal -KILL "$left" || true; done
            fi
            [ "$waited" -lt 600 ] || fail "process $child of the killed server does not go away"
        done
    done
    rm -f "$CLUSTER/pid"
}
