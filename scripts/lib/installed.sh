# shellcheck shell=bash
# Finds PostgreSQL servers on this machine that have TimescaleDB. Needs common.sh.

# Every folder that may hold a server's programs, one a line. HYPERSTEP_POSTGRES_BIN adds others, separated by colons.
server_folders() {
    local folder
    tr : '\n' <<<"${HYPERSTEP_POSTGRES_BIN:-}" | while read -r folder; do
        [ ! -x "$folder/postgres" ] || printf '%s\n' "$folder"
    done
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
        [ ! -x "$folder/postgres" ] || printf '%s\n' "$folder"
    done
    if have pg_config; then pg_config --bindir; fi
    if have postgres; then dirname "$(command -v postgres)"; fi
}

# The folder of a server's loadable libraries.
library_folder() {
    local folder
    for folder in "$1/../lib" "$1/../lib/postgresql" "$("$1/pg_config" --pkglibdir 2>/dev/null)"; do
        if [ -e "$folder/plpgsql.so" ] || [ -e "$folder/plpgsql.dylib" ]; then
            printf '%s\n' "$folder"
            return
        fi
    done
}

# newest_library FOLDER: the newest TimescaleDB in it as "VERSION EDITION", nothing where there is none.
newest_library() {
    local file version
    version=$(for file in "$1"/timescaledb-[0-9]*; do
        basename "$file" | sed -n 's/^timescaledb-\([0-9][0-9.]*[0-9]\)\.so$/\1/p
            s/^timescaledb-\([0-9][0-9.]*[0-9]\)\.dylib$/\1/p'
    done | sort -u -t . -k 1,1n -k 2,2n -k 3,3n | tail -n 1)
    [ -n "$version" ] || return 0
    # The Community edition is the Apache one and a second library.
    if [ -e "$1/timescaledb-tsl-$version.so" ] || [ -e "$1/timescaledb-tsl-$version.dylib" ]; then
        echo "$version community"
    else
        echo "$version apache"
    fi
}

# Every installed server that has TimescaleDB, the best one last, as "MAJOR VERSION EDITION FOLDER": the newest
# TimescaleDB is the best, and the newer PostgreSQL of two that have the same.
installed_servers() {
    local folder library found
    server_folders | sort -u | while read -r folder; do
        # A client alone has some of them.
        [ -x "$folder/postgres" ] || continue
        [ -x "$folder/initdb" ] || continue
        [ -x "$folder/psql" ] || continue
        library=$(library_folder "$folder")
        [ -n "$library" ] || continue
        found=$(newest_library "$library")
        [ -n "$found" ] || continue
        printf '%s %s %s\n' "$("$folder/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')" "$found" "$folder"
    done | sort -t ' ' -k 2,2V -k 1,1n
}

# Chooses the best of them, or of those of one major version of PostgreSQL if one is given: sets PG_BIN, PG_MAJOR,
# TS_VERSION and BEST_EDITION.
find_installed() {
    local best
    best=$(installed_servers | awk -v major="${1:-}" 'major == "" || $1 == major' | tail -n 1)
    [ -n "$best" ] || return 1
    read -r PG_MAJOR TS_VERSION BEST_EDITION PG_BIN <<<"$best"
    SERVER_ROOT=
}
