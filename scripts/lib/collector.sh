# shellcheck shell=bash
# A collector of our own in the background, for the demo and the checks of the examples. Needs common.sh.

COLLECTOR_HOME="$DEV/demo"
COLLECTOR_LOG="$LOGS/demo-collector.log"

collector_pid() { cat "$COLLECTOR_HOME/collector.pid" 2>/dev/null || true; }

# The number alone proves nothing: it may be another process's by now.
collector_running() {
    local pid
    pid=$(collector_pid)
    [ -n "$pid" ] && ps -p "$pid" -o args= 2>/dev/null | grep -q -- 'hyperstep-collector serve'
}

# http_status PORT PATH: the status of an answer, or nothing.
http_status() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
        IFS=' ' read -r -t 5 _ status _ <&3 && printf '%s\n' "$status"
    ) 2>/dev/null || true
}

# start_collector BINARY PORT URL: comes back when it is ready. The URL holds a password, so it goes by
# the environment.
start_collector() {
    local waited=0
    mkdir -p "$COLLECTOR_HOME" "$LOGS"
    # nohup: with --keep it stays when the terminal goes.
    HYPERSTEP_DATABASE_URL=$3 nohup "$1" serve --listen "127.0.0.1:$2" >"$COLLECTOR_LOG" 2>&1 </dev/null &
    echo $! >"$COLLECTOR_HOME/collector.pid"
    echo "$2" >"$COLLECTOR_HOME/collector.port"
    until [ "$(http_status "$2" /readyz)" = 200 ]; do
        if ! kill -0 "$(collector_pid)" 2>/dev/null || [ "$waited" -ge 300 ]; then
            tail -n 20 "$COLLECTOR_LOG" >&2
            fail "the collector is not ready (its log is $COLLECTOR_LOG)"
        fi
        waited=$((waited + 1))
        sleep 0.1
    done
}

# SIGTERM: it commits what it holds, and goes.
stop_collector() {
    local pid waited=0
    if collector_running; then
        pid=$(collector_pid)
        kill "$pid" 2>/dev/null || true
        while collector_running && [ "$waited" -lt 200 ]; do
            waited=$((waited + 1))
            sleep 0.1
        done
        if collector_running; then
            say "the collector did not stop within 20 s: killed"
            kill -9 "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$COLLECTOR_HOME/collector.pid" "$COLLECTOR_HOME/collector.port"
}
