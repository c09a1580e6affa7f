# shellcheck shell=bash
# A database URL, taken apart into libpq's environment variables: on a command line, every user of the
# machine could read its password.

url_decode() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

# use_url URL: sets PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and the TLS settings from
# postgresql://user:password@host:port/database?sslmode=…
use_url() {
    local rest=$1 authority path="" query="" user="" pair
    case "$rest" in
        postgresql://* | postgres://*) rest=${rest#*://} ;;
        *) fail "HYPERSTEP_DATABASE_URL is not of the form postgresql://user:password@host:port/database" ;;
    esac
    case "$rest" in *\?*) query=${rest#*\?}; rest=${rest%%\?*} ;; esac
    case "$rest" in */*) path=${rest#*/}; authority=${rest%%/*} ;; *) authority=$rest ;; esac
    case "$authority" in *@*) user=${authority%@*}; authority=${authority##*@} ;; esac
    unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGHOSTADDR
    case "$user" in *:*) PGPASSWORD=$(url_decode "${user#*:}"); export PGPASSWORD ;; esac
    [ -z "$user" ] || { PGUSER=$(url_decode "${user%%:*}"); export PGUSER; }
    case "$authority" in
        \[*\]:*) export PGPORT="${authority##*:}"; authority=${authority%:*} ;;
        \[*\]) ;;
        *:*) export PGPORT="${authority##*:}"; authority=${authority%:*} ;;
    esac
    authority=${authority#\[}
    authority=${authority%\]}
    [ -z "$authority" ] || { PGHOST=$(url_decode "$authority"); export PGHOST; }
    [ -z "$path" ] || { PGDATABASE=$(url_decode "$path"); export PGDATABASE; }
    while [ -n "$query" ]; do
        pair=${query%%&*}
        case "$query" in *\&*) query=${query#*&} ;; *) query="" ;; esac
        case "$pair" in
            host=*) PGHOST=$(url_decode "${pair#*=}"); export PGHOST ;;
            port=*) export PGPORT="${pair#*=}" ;;
            user=*) PGUSER=$(url_decode "${pair#*=}"); export PGUSER ;;
            password=*) PGPASSWORD=$(url_decode "${pair#*=}"); export PGPASSWORD ;;
            sslmode=*) export PGSSLMODE="${pair#*=}" ;;
            sslrootcert=*) PGSSLROOTCERT=$(url_decode "${pair#*=}"); export PGSSLROOTCERT ;;
            sslcert=*) PGSSLCERT=$(url_decode "${pair#*=}"); export PGSSLCERT ;;
            sslkey=*) PGSSLKEY=$(url_decode "${pair#*=}"); export PGSSLKEY ;;
            connect_timeout=*) export PGCONNECT_TIMEOUT="${pair#*=}" ;;
            options=*) PGOPTIONS=$(url_decode "${pair#*=}"); export PGOPTIONS ;;
        esac
    done
}

# Asks the database that use_url named: prints "PG_MAJOR TS_VERSION EDITION".
ask_database() {
    psql -X -A -t -F ' ' -v ON_ERROR_STOP=1 <<'SQL'
SELECT current_setting('server_version_num')::int / 10000,
       coalesce((SELECT coalesce(installed_version, default_version)
                 FROM pg_available_extensions WHERE name = 'timescaledb'), 'none'),
       CASE current_setting('timescaledb.license', true)
           WHEN 'timescale' THEN 'community' WHEN 'apache' THEN 'apache' ELSE 'none' END;
SQL
}
