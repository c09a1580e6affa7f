# shellcheck shell=bash
# What every script here needs: where things lie, how to speak, how to become root.
# Written for bash 3.2, which is what macOS ships.

HYPERSTEP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LIB="$HYPERSTEP_ROOT/scripts/lib"
DEV="$HYPERSTEP_ROOT/.dev"
LOGS="$DEV/logs"
SCRIPT=$(basename "$0")

# One line of progress, on stderr so that what a script answers on stdout stays clean. The number is
# the seconds since the script began.
say() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }

# fail [-s STATUS] MESSAGE…: says why on stderr and exits.
fail() {
    local status=1
    if [ "$1" = -s ]; then status=$2; shift 2; fi
    printf '%s: %s\n' "$SCRIPT" "$*" >&2
    exit "$status"
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Can we run a command as root without a person at the keyboard, or with one?
can_be_root() {
    is_root && return 0
    have sudo || return 1
    [ -t 0 ] || sudo -n true 2>/dev/null
}

# as_root COMMAND…: asks for a password only where there is a terminal to ask on.
as_root() {
    if is_root; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

# as_user USER COMMAND…: drops from root to that user, in a folder that everyone may stand in.
as_user() {
    local user=$1; shift
    (
        cd /
        if [ "$user" = "$(id -un)" ]; then
            exec "$@"
        elif have setpriv; then
            exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
        elif have runuser; then
            exec runuser -u "$user" -- "$@"
        else
            exec sudo -n -u "$user" "$@"
        fi
    )
}

# logged NAME WHAT COMMAND…: runs a command whose output only matters when it fails, keeps it in
# .dev/logs/NAME.log, and shows that it is alive.
logged() {
    local log="$LOGS/$1.log" what=$2 began=$SECONDS status=0 last
    shift 2
    mkdir -p "$LOGS"
    say "$what …"
    "$@" >"$log" 2>&1 </dev/null &
    local child=$!
    LOGGED_CHILD=$child
    last=$SECONDS
    while kill -0 "$child" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - last)) -ge 20 ]; then
            last=$SECONDS
            say "  still at it ($((SECONDS - began)) s): $(tail -n 1 "$log" | cut -c 1-90)"
        fi
    done
    wait "$child" || status=$?
    LOGGED_CHILD=
    if [ "$status" -ne 0 ]; then
        say "$what: failed with exit status $status; errors and the end of $log:"
        grep -n 'error:' "$log" | head -n 30 >&2 || true
        tail -n 40 "$log" >&2
    else
        say "$what: done in $((SECONDS - began)) s"
    fi
    return "$status"
}

# Ends what logged() was running, for the traps of the scripts that use it.
end_logged() {
    if [ -n "${LOGGED_CHILD:-}" ]; then kill "$LOGGED_CHILD" 2>/dev/null || true; fi
}

# Does anything answer on this port of 127.0.0.1?
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints a port that nothing listens on. Below 32768, where no system takes the ports of outgoing
# connections from: a client could otherwise be given a stopped server's port.
free_port() {
    local port=$1 tries=0
    while port_answers "$port"; do
        port=$((port + 1)); tries=$((tries + 1))
        [ "$tries" -lt 500 ] || fail "no free port on 127.0.0.1 from $1 on"
    done
    printf '%s\n' "$port"
}

# A number from 0 to $2 - 1 made of the text $1: the same clone gets the same ports.
number_of() { printf '%s' "$1" | cksum | awk -v n="$2" '{ print $1 % n }'; }

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
